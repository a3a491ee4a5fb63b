const optional = (value) => (value === undefined ? undefined : String(value));

export class AppState {
  #inner;

  /** `session` is a session of the WebAssembly. */
  constructor(session, code, { subject, origin } = {}) {
    this.#inner = session.state(String(code), optional(subject?.reference ?? subject), optional(origin));
  }

  async get({ signal } = {}) {
    return this.#inner.get(signal);
  }

  async set(extension, { signal } = {}) {
    return this.#inner.set(extension, signal);
  }

  async delete({ signal } = {}) {
    return this.#inner.delete(signal);
  }
}
