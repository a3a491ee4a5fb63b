import { withForms } from "./interactions.js";

export class Resolver {
  #inner;

  /** `session` is a session of the WebAssembly. */
  constructor(session, { signal, ...options } = {}) {
    this.#inner = session.resolver(withForms(options), signal);
  }

  async resolve(reference, within) {
    return this.#inner.resolve(String(reference), within);
  }

  async resolveAll(resource, { depth = 1 } = {}) {
    const resolved = await this.#inner.resolveAll(resource, Number(depth));
    return new Map(resolved.map(({ reference, ...outcome }) => [reference, outcome]));
  }
}
