import { withPairs } from "./interactions.js";

export class Resolver {
  #inner;

  constructor(session, { grouped = false, signal, ...options } = {}) {
    this.#inner = session.resolver(withPairs(options), grouped, signal);
  }

  async resolve(reference, within) {
    return this.#inner.resolve(reference, within);
  }

  async resolveAll(resource, { depth = 1 } = {}) {
    const resolved = await this.#inner.resolveAll(resource, depth);
    return new Map(resolved.map(({ reference, ...outcome }) => [reference, outcome]));
  }
}
