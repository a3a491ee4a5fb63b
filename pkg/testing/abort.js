import { smartError } from "./errors.js";

/** Waits for a promise, and rejects with `aborted` as soon as the signal is aborted. */
export async function unlessAborted(signal, start) {
  const aborted = () => smartError("aborted", { message: "The caller aborted this call." });
  if (signal?.aborted) throw aborted();
  if (!signal) return start();
  let abort;
  const abortion = new Promise((_, reject) => {
    abort = () => reject(aborted());
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([start(), abortion]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
