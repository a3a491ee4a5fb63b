import { pairsOf } from "./interactions.js";

/** A resource in the context of a session: in JSON its type and id, as a string its id. */
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

  /** Like the platform's own objects, so that frameworks do not wrap it as plain data. */
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
