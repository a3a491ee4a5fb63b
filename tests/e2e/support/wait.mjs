// Waiting for what a page does not announce.

/** Waits until `holds` is true; `what` names it in the error. */
export async function until(what, holds, patience = 10_000) {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
