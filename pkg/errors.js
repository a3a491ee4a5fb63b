/** What every call of this package rejects with. */
export class SmartError extends Error {
  constructor(code, message, details = {}) {
    const { cause, ...members } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SmartError";
    this.code = code;
    Object.assign(this, members);
  }
}
