import assert from "node:assert/strict";
import { TokenAdministration } from "./pages/token-administration.mjs";
import { Chart } from "./pages/chart.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { patientOf } from "./support/patient.mjs";
import { providerLogin } from "./support/servers.mjs";
import { everythingStored } from "./support/storage.mjs";
import { until } from "./support/wait.mjs";

test("R5 if access is revoked in Token Administration, the session ends with the reason, and no token remains", async ({ page, context, traffic }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const { names } = await patientOf(traffic);
  const tokens = await traffic.tokenResponse("authorization_code");

  const provider = await context.newPage();
  await new Chart(provider).logIn(providerLogin);
  const administration = new TokenAdministration(provider);
  await administration.open();
  await administration.revoke(new RegExp(names[0]));

  await page.reload();
  await launcher.heading("Your access has ended").waitFor();
  await until("the tokens are removed", async () => !(await everythingStored(page)).includes(tokens.access_token));
  assert.ok(!(await everythingStored(page)).includes(tokens.refresh_token));
  assert.equal(await launcher.banner().count(), 0);
});
