import { pairsOf } from "./interactions.js";

/** A resource that a session is about. As data it is its type and id; in a text its id. */
export class InContext {
  #session;

  constructor(session, reference) {
    this.#session = session;
    [this.resourceType, this.id] = reference.split("/");
  }

  get reference() {
    return `${this.resourceType}/${this.id}`;
  }

  async read(options) {
    return this.#session.read(this.reference, options);
  }

  toString() {
    return this.id;
  }

  /** As the platform's own objects, so that frameworks do not wrap it as if it were plain data. */
  get [Symbol.toStringTag]() {
    return "InContext";
  }
}

export class PatientInContext extends InContext {
  #session;

  constructor(session, reference) {
    super(session, reference);
    this.#session = session;
  }

  search(resourceType, parameters, options) {
    const name = resourceType === "Patient" ? "_id" : "patient";
    return this.#session.search(resourceType, [[name, this.id], ...pairsOf(parameters)], options);
  }
}
