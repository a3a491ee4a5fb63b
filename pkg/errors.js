/** A page may hold this class twice, in one file with the package's face and beside it: their errors are the same. */
const mark = Symbol.for("smartrust.SmartError");

/** What every call of this package rejects with. */
export class SmartError extends Error {
  static [Symbol.hasInstance](value) {
    return this === SmartError ? value?.[mark] === true : super[Symbol.hasInstance](value);
  }

  constructor(code, message, details = {}) {
    const { cause, ...members } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SmartError";
    this.code = code;
    Object.assign(this, members);
  }

  get [mark]() {
    return true;
  }
}
