import { SmartError } from "./errors.js";

/** The method that `using` calls. Browsers without `using` get a symbol of the package. */
export const dispose = Symbol.dispose ?? Symbol("dispose");

/** The method that `await using` calls. */
export const asyncDispose = Symbol.asyncDispose ?? Symbol("asyncDispose");

/** The error for each use of a disposed object. */
export function disposed(name) {
  return new SmartError("disposed", `This ${name} was disposed and can no longer be used: get it again.`);
}
