// What the examples with a framework must do: launch, show the patient's results, survive a reload, sign out.

import assert from "node:assert/strict";
import { test } from "../../e2e/support/browser.mjs";
import { confirmAtPortal } from "../../e2e/support/flows.mjs";
import { includesAll, patientOf } from "../../e2e/support/patient.mjs";
import { iss } from "../../e2e/support/servers.mjs";

/** Adds the check of an example, as `serve` serves it. */
export function checkRecord(name, consumer, serve) {
  test(`${name}: a launch, the results, a reload and the end of the session`, async ({ page, traffic }) => {
    const server = await serve();
    try {
      const connect = page.getByRole("button", { name: "Connect", exact: true });
      await page.goto(consumer.home);
      await connect.click();
      await confirmAtPortal(page);
      await page.waitForURL((address) => address.href.startsWith(consumer.home));
      const heading = page.getByRole("region", { name: "Patient", exact: true }).getByRole("heading");
      await heading.waitFor();
      const { names } = await patientOf(traffic);
      assert.ok(includesAll(await heading.innerText(), names), `"${await heading.innerText()}" names ${names}`);
      await checkResults(page, traffic);

      await page.reload();
      await heading.waitFor();
      assert.equal(traffic.tokenRequests("authorization_code").length, 1, "the code was posted once");

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

/** The table has the results that the EHR sent, each with its value and its day. */
async function checkResults(page, traffic) {
  const rows = page.getByRole("table").locator("tbody tr");
  await rows.first().waitFor();
  const answered = await Promise.all(traffic.to(`${iss}/Observation?`).map((request) => request.response()));
  const bundle = await answered.findLast((response) => response?.ok()).json();
  const [{ resource }] = bundle.entry;
  const first = await rows.first().innerText();
  assert.ok(includesAll(first, [resource.code.text, String(resource.valueQuantity.value), resource.effectiveDateTime.slice(0, 10)]), first);
  assert.equal(await rows.count(), Math.min(bundle.total, 20));
}
