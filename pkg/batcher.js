import { send, withForms, withInteractions } from "./interactions.js";

export class Batcher extends withInteractions(Object) {
  #inner;

  /** `session` is a session of the WebAssembly. */
  constructor(session, { atMost = 50, milliseconds = 10, signal, ...options } = {}) {
    super();
    this.#inner = session.batcher({ ...withForms(options), atMost, milliseconds }, signal);
  }

  async [send](request, { signal, ...options } = {}) {
    return this.#inner.request(withForms({ ...request, ...options }), signal);
  }

  async search(resourceType, parameters, options) {
    return (await this[send]({ interaction: "search", target: resourceType, parameters }, options)).resource;
  }

  flush() {
    this.#inner.flush();
  }
}
