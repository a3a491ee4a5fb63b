// The test for the examples with a framework: they launch, show the patient's results, restore the session after a reload, and sign out.

import assert from "node:assert/strict";
import { test } from "../../e2e/support/browser.mjs";
import { confirmAtPortal } from "../../e2e/support/flows.mjs";
import { includesAll, patientOf } from "../../e2e/support/patient.mjs";
import { iss } from "../../e2e/support/servers.mjs";

/** Defines the test of an example, served by `serve`. */
export function checkRecord(name, consumer, serve) {
  test(`${name}: launches, shows results, reloads and signs out`, async ({ page, traffic }) => {
    const server = await serve();
    try {
      const connect = page.getByRole("button", { name: "Connect", exact: true });
      await page.goto(consumer.home);
      await connect.click();
      await confirmAtPortal(page);
      await page.waitForURL((url) => url.href.startsWith(consumer.home));
      const heading = page.getByRole("region", { name: "Patient", exact: true }).getByRole("heading");
      await heading.waitFor();
      const { names } = await patientOf(traffic);
      assert.ok(includesAll(await heading.innerText(), names), `"${await heading.innerText()}" names ${names}`);
      await checkResults(page, traffic);

      await page.reload();
      await heading.waitFor();
      assert.equal(traffic.tokenRequests("authorization_code").length, 1, "the code was not sent exactly once");

      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await connect.waitFor();
      assert.equal(await heading.count(), 0);
      await page.reload();
      await connect.waitFor();
    } finally {
      await server.stop();
    }
  });
}

/** Checks that the table has the EHR's results with their values and dates. */
async function checkResults(page, traffic) {
  const rows = page.getByRole("table").locator("tbody tr");
  await rows.first().waitFor();
  const responses = await Promise.all(traffic.to(`${iss}/Observation?`).map((request) => request.response()));
  const bundle = await responses.findLast((response) => response?.ok()).json();
  const results = bundle.entry.map(({ resource }) => resource);
  const measured = results.findIndex(({ valueQuantity }) => valueQuantity);
  const { code, valueQuantity, effectiveDateTime } = results[measured];
  const row = await rows.nth(measured).innerText();
  assert.ok(includesAll(row, [code.text, String(valueQuantity.value), effectiveDateTime.slice(0, 10)]), row);
  for (const cell of await rows.getByRole("cell").allInnerTexts()) assert.notEqual(cell.trim(), "", "a result or a date is blank");
  assert.equal(await rows.count(), Math.min(bundle.total, 20));
}
