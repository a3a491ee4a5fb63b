// Waits for conditions for which Playwright has no method.

/** Waits until `condition` returns true. `description` appears in the error. */
export async function until(description, condition, timeout = 10_000) {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`timed out after ${timeout / 1000} s: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
