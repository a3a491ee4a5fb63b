import { SmartError } from "../errors.js";

/** The error for an option of fhirclient that this package does not support. */
export function unsupported(what, remedy) {
  return new SmartError("unsupported_option", `${what} is not supported here: ${remedy}`);
}
