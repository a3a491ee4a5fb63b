// The test for every consumer in a page: it launches, reads the patient and loads the record.

import assert from "node:assert/strict";
import { test } from "../../e2e/support/browser.mjs";
import { confirmAtPortal } from "../../e2e/support/flows.mjs";
import { includesAll, patientOf } from "../../e2e/support/patient.mjs";

/** Defines the test that a consumer, served by `serve`, launches and shows the patient. */
export function checkLaunch(name, consumer, serve) {
  test(`${name}: a launch shows the patient`, async ({ page, traffic }) => {
    const server = await serve();
    try {
      const shown = await launch(page, consumer);
      const { names } = await patientOf(traffic);
      assert.ok(includesAll(shown, names), `"${shown}" names ${names}`);
      assert.match(shown, /; \d+ conditions, complete$/);
      assert.equal(traffic.tokenRequests("authorization_code").length, 1, "the code was not sent exactly once");
    } finally {
      await server.stop();
    }
  });
}

/** Launches, and returns what the page shows. */
export async function launch(page, consumer) {
  await page.goto(consumer.home);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await confirmAtPortal(page);
  await page.waitForURL((url) => url.href.startsWith(consumer.home));
  const patient = page.getByRole("status").filter({ hasText: "Patient" });
  await patient.waitFor();
  return patient.innerText();
}
