import { SmartError } from "../errors.js";

/** The error for what fhirclient takes and this package cannot follow. */
export function unsupported(what, remedy) {
  return new SmartError("unsupported_option", `${what} is not supported here: ${remedy}`);
}
