import { send, withInteractions, withPairs } from "./interactions.js";
import { loadLazy } from "./load.js";

export class Batcher extends withInteractions(Object) {
  #inner;

  constructor(session, { atMost = 50, milliseconds = 10, signal, ...options } = {}) {
    super();
    this.#inner = session.batcher(atMost, milliseconds, withPairs(options), signal);
  }

  async [send](asked, { signal, ...options } = {}) {
    await loadLazy();
    return this.#inner.request(withPairs({ ...asked, ...options }), signal);
  }

  async search(resourceType, parameters, options) {
    return (await this[send]({ interaction: "search", target: resourceType, parameters }, options)).resource;
  }

  flush() {
    // Where it cannot be loaded, those who wait for their requests hear of it.
    loadLazy().then(() => this.#inner.flush(), () => {});
  }
}
