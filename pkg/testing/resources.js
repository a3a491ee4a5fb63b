import { invalid } from "./errors.js";

/** A copy of JSON, so that a test cannot change the original. */
export const copyOf = (json) => JSON.parse(JSON.stringify(json));

/** The resources of a test, in the order given: an array, or an object with an array for each type. */
export class Resources {
  #byType = new Map();

  constructor(given = []) {
    if (Array.isArray(given)) {
      given.forEach((resource, index) => this.add(resource, `resources[${index}]`));
      return;
    }
    for (const [type, resources] of Object.entries(given)) this.#addType(type, resources);
  }

  #addType(type, resources) {
    if (!Array.isArray(resources)) throw invalid(`resources.${type} is not an array: write { ${type}: [resource] }.`);
    this.#byType.set(type, []);
    for (const [index, resource] of resources.entries()) {
      const where = `resources.${type}[${index}]`;
      if (resource?.resourceType !== type) throw invalid(`${where} has the resource type "${resource?.resourceType}": move it to that type.`);
      this.add(resource, where);
    }
  }

  /** Adds a resource, unless there is one of this type and id. */
  add(resource, where) {
    const type = resource?.resourceType;
    if (typeof type !== "string") throw invalid(`${where} is not a FHIR resource: it has no resourceType.`);
    const ofType = this.#byType.get(type) ?? [];
    this.#byType.set(type, ofType);
    if (resource.id === undefined || !this.read(type, resource.id)) ofType.push(copyOf(resource));
  }

  /** All types, also those without resources. */
  get types() {
    return [...this.#byType.keys()];
  }

  /** The resource with a type and id. */
  read(type, id) {
    const found = this.#byType.get(type)?.find((resource) => resource.id === id);
    return found && copyOf(found);
  }

  /** All resources of a type; `undefined` if the test does not have the type. */
  search(type) {
    const found = this.#byType.get(type);
    return found && copyOf(found);
  }

  /** A description for error messages. */
  toString() {
    return this.types.length > 0 ? `It has ${this.types.join(", ")}.` : "It has no resources.";
  }
}
