import { withForms } from "./interactions.js";
import { loadLazy } from "./load.js";
import { once } from "./loading.js";

export class Resolver {
  #inner;

  constructor(session, { signal, ...options } = {}) {
    const asked = withForms(options);
    this.#inner = once(async () => {
      await loadLazy();
      return session.call("resolver", asked, signal);
    });
  }

  async resolve(reference, within) {
    return (await this.#inner()).call("resolve", reference, within);
  }

  async resolveAll(resource, { depth = 1 } = {}) {
    const resolved = await (await this.#inner()).call("resolveAll", resource, depth);
    return new Map(resolved.map(({ reference, ...outcome }) => [reference, outcome]));
  }
}
