import { send, withInteractions, withPairs } from "./interactions.js";

export class Batcher extends withInteractions(Object) {
  #inner;

  constructor(session, { atMost = 50, milliseconds = 10, signal, ...options } = {}) {
    super();
    this.#inner = session.batcher(atMost, milliseconds, withPairs(options), signal);
  }

  [send](asked, { signal, ...options } = {}) {
    return this.#inner.request(withPairs({ ...asked, ...options }), signal);
  }

  async search(resourceType, parameters, options) {
    return (await this[send]({ interaction: "search", target: resourceType, parameters }, options)).resource;
  }

  flush() {
    this.#inner.flush();
  }
}
