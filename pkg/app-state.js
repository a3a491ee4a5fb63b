export class AppState {
  #inner;

  /** `session` is a session of the WebAssembly. */
  constructor(session, code, options = {}) {
    const { origin } = options;
    this.#inner = session.state(String(code), subjectOf(options), origin === undefined ? undefined : String(origin));
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

/** The reference to a state's subject. A subject that is undefined, such as an unknown user, is wrong: the state would become that of the whole app. */
export function subjectOf(options) {
  const { subject } = options;
  return "subject" in options ? String(subject?.reference ?? subject ?? "") : undefined;
}
