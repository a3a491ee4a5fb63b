export class AppState {
  #inner;

  /** `session` is a session of the WebAssembly. */
  constructor(session, code, options = {}) {
    const { subject, origin } = options;
    // A subject that is undefined, such as an unknown user, is wrong: the state would become that of the whole app.
    const reference = "subject" in options ? String(subject?.reference ?? subject ?? "") : undefined;
    this.#inner = session.state(String(code), reference, origin === undefined ? undefined : String(origin));
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
