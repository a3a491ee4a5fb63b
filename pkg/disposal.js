import { SmartError } from "./errors.js";

/** What `using` calls; a symbol of our own in browsers that have no `using`. */
export const dispose = Symbol.dispose ?? Symbol("dispose");

/** What every use of a disposed object comes to. */
export function disposed(name) {
  return new SmartError("disposed", `This ${name} was disposed of, so it can no longer be used: get it anew.`);
}
