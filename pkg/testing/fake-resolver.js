import { smartError } from "./errors.js";

/** The references in a resource, at any depth. */
function referencesIn(value) {
  if (value === null || typeof value !== "object") return [];
  const own = typeof value.reference === "string" ? [value.reference] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

/** A resolver that looks in the contained resources and otherwise reads with its fake session. */
export class FakeResolver {
  #session;
  #options;
  #read = new Map();

  constructor(session, { grouped, ...options } = {}) {
    this.#session = session;
    this.#options = options;
  }

  async resolve(reference, within) {
    if (reference.startsWith("#")) {
      const contained = within?.contained?.find(({ id }) => `#${id}` === reference);
      if (!contained) throw smartError("not_found", { message: `The resource contains no ${reference}.`, status: undefined });
      return contained;
    }
    if (!this.#read.has(reference)) this.#read.set(reference, this.#session.read(reference, this.#options));
    return this.#read.get(reference);
  }

  async resolveAll(resource, { depth = 1 } = {}) {
    const resolved = new Map();
    for (let [level, within] = [0, [resource]]; level < depth; level += 1) {
      const references = within.flatMap((each) => referencesIn(each).map((reference) => [reference, each]));
      const fresh = references.filter(([reference]) => !resolved.has(reference));
      within = [];
      for (const [reference, each] of fresh) {
        resolved.set(reference, await this.resolve(reference, each).then((found) => ({ resource: found }), (error) => ({ error })));
        within.push(resolved.get(reference).resource);
      }
    }
    return resolved;
  }
}
