/** Marks the errors of all copies of this class, because a page may load the package twice. */
const mark = Symbol.for("smartrust.SmartError");

/** The error of all calls of this package. */
export class SmartError extends Error {
  static [Symbol.hasInstance](value) {
    return this === SmartError ? value?.[mark] === true : super[Symbol.hasInstance](value);
  }

  constructor(code, message, details = {}) {
    const { cause, current, ...members } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SmartError";
    this.code = code;
    Object.assign(this, members);
    // Not enumerable, because logs print enumerable members.
    if (current) Object.defineProperty(this, "current", { value: current });
  }

  get [mark]() {
    return true;
  }
}
