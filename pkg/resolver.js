import { withPairs } from "./interactions.js";
import { loadLazy } from "./load.js";

export class Resolver {
  #inner;

  constructor(session, { grouped = false, signal, ...options } = {}) {
    this.#inner = session.resolver(withPairs(options), grouped, signal);
  }

  async resolve(reference, within) {
    await loadLazy();
    return this.#inner.resolve(reference, within);
  }

  async resolveAll(resource, { depth = 1 } = {}) {
    await loadLazy();
    const resolved = await this.#inner.resolveAll(resource, depth);
    return new Map(resolved.map(({ reference, ...outcome }) => [reference, outcome]));
  }
}
