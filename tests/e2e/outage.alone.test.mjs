import assert from "node:assert/strict";
import { injectFault, clearFaults, whileDown } from "./support/control.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { until } from "./support/wait.mjs";

test("R4 an outage of the server does not end the session", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  const { names } = await patientOf(traffic);
  await whileDown(async () => {
    await launcher.openSession();
    await launcher.refresh();
    await until("the refresh has failed", () => traffic.tokenRequests("refresh_token")[0]?.failure());
    await page.reload();
    await launcher.heading("Who you are").waitFor();
  });
  await launcher.refresh();
  await until("the refresh succeeds", async () => (await traffic.tokenRequests("refresh_token").at(-1).response())?.ok());
  await launcher.openRecord();
  assert.ok(includesAll(await launcher.banner().innerText(), names));
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("R4 a 503, a 500 or an HTML page from the token endpoint does not end the session", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  await launcher.openSession();
  const path = "/webchart.cgi/oauth/token";
  const faults = [
    { path, status: 503, headers: { "Retry-After": "1" } },
    { path, status: 200, headers: { "Content-Type": "text/html" }, body: "<html>Log in</html>" },
    { path, status: 500, body: '{"error": "server_error"}' },
  ];
  try {
    for (const [index, fault] of faults.entries()) {
      await injectFault(fault);
      await launcher.refresh();
      await until(`refresh ${index + 1} gets a response`, async () => traffic.tokenRequests("refresh_token")[index]?.response());
      await launcher.waitForRefresh();
    }
  } finally {
    await clearFaults();
  }
  await launcher.refresh();
  await until("the last refresh succeeds", async () => (await traffic.tokenRequests("refresh_token")[faults.length]?.response())?.ok());
  await launcher.openRecord();
});
