import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { appOrigin, iss } from "./support/servers.mjs";
import { everythingStored } from "./support/storage.mjs";
import { until } from "./support/wait.mjs";

test("R3 a second refresh sends the refresh token from the first one", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  await launcher.openSession();
  for (const count of [1, 2]) {
    await launcher.refresh();
    await until(`refresh ${count} succeeds`, async () => {
      const request = traffic.tokenRequests("refresh_token")[count - 1];
      return (await request?.response())?.ok();
    });
  }
  const [first, second] = traffic.tokenRequests("refresh_token");
  const tokens = await (await first.response()).json();
  assert.equal(refreshTokenIn(second), tokens.refresh_token);
  assert.notEqual(refreshTokenIn(second), refreshTokenIn(first));
});

test("a reload restores the session", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  const { names } = await patientOf(traffic);
  await page.reload();
  await launcher.waitForRecord();
  assert.ok(includesAll(await launcher.banner().innerText(), names));
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("G5 the connection page links to the management endpoint, which is not fetched", async ({ page, traffic }) => {
  const { management_endpoint: endpoint } = await (await fetch(`${iss}/.well-known/smart-configuration`)).json();
  assert.match(endpoint, /^http/);
  const launcher = await connectAsPatient(page);
  await launcher.openSession();
  await page.reload();
  const link = page.getByRole("link", { name: "Manage access at your provider" });
  await link.waitFor();
  assert.equal(await link.getAttribute("href"), endpoint);
  assert.equal(await link.getAttribute("target"), "_blank");
  assert.match(await link.getAttribute("rel"), /\bnoopener\b/);
  assert.deepEqual(traffic.to(endpoint), []);
});

test("sign-out removes the tokens and the record", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  const tokens = await traffic.tokenResponse("authorization_code");
  await launcher.openSession();
  await launcher.signOut();
  await until("the access token is removed", async () => !(await everythingStored(page)).includes(tokens.access_token));
  const stored = await everythingStored(page);
  assert.ok(!stored.includes(tokens.refresh_token), "the refresh token is still stored");
  await page.goto(`${appOrigin}/record`);
  await page.waitForLoadState("networkidle");
  assert.equal(await launcher.banner().count(), 0);
});

function refreshTokenIn(request) {
  return new URLSearchParams(request.postData()).get("refresh_token");
}
