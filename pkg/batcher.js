import { send, withForms, withInteractions } from "./interactions.js";
import { loadLazy } from "./load.js";
import { once } from "./loading.js";

export class Batcher extends withInteractions(Object) {
  #inner;

  constructor(session, { atMost = 50, milliseconds = 10, signal, ...options } = {}) {
    super();
    const asked = { ...withForms(options), atMost, milliseconds };
    this.#inner = once(async () => {
      await loadLazy();
      return session.call("batcher", asked, signal);
    });
  }

  async [send](asked, { signal, ...options } = {}) {
    return (await this.#inner()).call("request", withForms({ ...asked, ...options }), signal);
  }

  async search(resourceType, parameters, options) {
    return (await this[send]({ interaction: "search", target: resourceType, parameters }, options)).resource;
  }

  flush() {
    // Where it cannot be loaded, those who wait for their requests hear of it.
    this.#inner().then((inner) => inner.call("flush"), () => {});
  }
}
