// Runs the code of the guide for migrating from fhirclient. It must show the same before and after each step.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { forEveryOrigin } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import { connect, iss } from "./support/fhirclient.mjs";

const guide = await readFile(new URL("../../docs/migrate-from-fhirclient.md", import.meta.url), "utf8");

/** The code blocks of a step. */
function blocksOf(step) {
  const section = guide.split(/^##+ /m).find((part) => part.startsWith(step));
  assert.ok(section, `the guide has no step ${step}`);
  return [...section.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);
}

/** Runs a code block in the app's page, followed by more code, with the variables that the guide assumes. Returns what it shows. */
function shownBy(page, code, more = "") {
  return page.evaluate(`(async () => {
    const client = await window.connected;
    const shown = [];
    const show = (value) => shown.push(value.id ?? value);
    await (async ({ session, patient }) => { { ${code} ${more} } })({
      session: client.session,
      patient: { resourceType: "Patient", id: "9", meta: { versionId: "3" } },
    });
    await new Promise((resolve) => setTimeout(resolve));
    return shown;
  })()`);
}

for (const { step, more = [] } of [
  { step: "1. The context", more: Array(2).fill("show(name); show(user); show(String(banner));") },
  { step: "2. Searches" },
  { step: "3. References" },
  { step: "4. Changes", more: ["show(updated);", "show(resource);"] },
  { step: "5. Errors" },
]) {
  test(`the guide's step ${step} shows the same before and after`, async ({ page }) => {
    const versions = [];
    await page.route(`${iss}/Patient/9`, (route) => {
      versions.push(route.request().headers()["if-match"]);
      const headers = { ...forEveryOrigin, "content-type": "application/fhir+json" };
      return route.fulfill({ headers, body: route.request().postData() });
    });
    await connect(page, "smartrust");
    const [before, ...after] = blocksOf(step);
    const expected = await shownBy(page, before, more[0]);
    assert.ok(expected.length > 0);
    assert.ok(after.length > 0);
    for (const [index, code] of after.entries()) assert.deepEqual(await shownBy(page, code, more[index + 1]), expected, code);
    assert.ok(versions.every((version) => version === versions[0]));
  });
}

test("the guide's last step ends the session", async ({ page }) => {
  await connect(page, "smartrust");
  const [code] = blocksOf("7. Sign-out");
  const shown = await shownBy(page, code);
  assert.equal(shown.length, 1);
  assert.equal(await page.evaluate(async () => (await window.connected).session.active), false);
});
