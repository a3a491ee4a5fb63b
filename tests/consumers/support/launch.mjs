// What every consumer in a page must do: a standalone launch, the patient read, and the record loaded, which takes the second WebAssembly file.

import assert from "node:assert/strict";
import { test } from "../../e2e/support/browser.mjs";
import { confirmAtPortal } from "../../e2e/support/flows.mjs";
import { includesAll, patientOf } from "../../e2e/support/patient.mjs";

/** Adds the check that a consumer launches, as `serve` serves it, and shows whose record it read. */
export function checkLaunch(name, consumer, serve) {
  test(`${name}: a launch ends with the patient`, async ({ page, traffic }) => {
    const server = await serve();
    try {
      const shown = await launch(page, consumer);
      const { names } = await patientOf(traffic);
      assert.ok(includesAll(shown, names), `"${shown}" names ${names}`);
      assert.match(shown, /; \d+ conditions, complete$/);
      assert.equal(traffic.tokenRequests("authorization_code").length, 1, "the code was posted once");
    } finally {
      await server.stop();
    }
  });
}

/** Launches, and gives what the page then shows. */
export async function launch(page, consumer) {
  await page.goto(consumer.home);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await confirmAtPortal(page);
  await page.waitForURL((address) => address.href.startsWith(consumer.home));
  const patient = page.getByRole("status").filter({ hasText: "Patient" });
  await patient.waitFor();
  return patient.innerText();
}
