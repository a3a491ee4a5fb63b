// Accessibility checks with axe.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The violations that axe finds on the current page, in both colour schemes. */
export async function findings(page) {
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Evaluation by the debugger is not subject to the page's content security policy.
    const violations = await page.evaluate(`${axe}; axe.run().then(({ violations }) =>
      violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) => [id, help, target, any.map(({ message }) => message)])))`);
    found.push(...violations.map((violation) => `${colorScheme}: ${JSON.stringify(violation)}`));
  }
  return found;
}
