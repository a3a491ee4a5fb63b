// A separate launch page with `smartrust/launch`. Another page with `smartrust` completes the launch.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { removePageScript, home, outcome, server, withSession } from "./support/package.mjs";
import { appOrigin } from "./support/servers.mjs";

test("a launch page starts the launch, and the page of the redirect completes it", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await page.goto(home);
  const leaving = page.waitForURL((url) => url.origin !== new URL(appOrigin).origin);
  await page.evaluate(
    `import("/pkg/launch.js").then(({ SmartApp }) => void new SmartApp(${JSON.stringify({ server })}).launch())`,
  );
  await leaving;
  assert.equal(traffic.to(`${appOrigin}/pkg/wasm-launch/launch_bg.wasm`).length, 1);
  assert.equal(traffic.to(`${appOrigin}/pkg/wasm/smartrust.js`).length, 0, "the app's own JavaScript is not needed");
  await confirmAtPortal(page);
  await page.waitForURL((url) => url.href.startsWith(home));
  assert.equal(await outcome(page), "session");
  const patient = await withSession(page, async ({ session }) => (await session.patient.read()).resourceType);
  assert.equal(patient, "Patient");
});

test("A7 a launch page sends no request to an untrusted server", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await page.goto(`${home}?iss=${encodeURIComponent("https://evil.example/fhir")}&launch=x`);
  const error = await page.evaluate(
    `import("/pkg/launch.js").then(({ SmartApp }) =>
       new SmartApp(${JSON.stringify({ server })}).launch().catch(({ code, message }) => ({ code, message })))`,
  );
  assert.equal(error.code, "untrusted_issuer");
  assert.match(error.message, /https:\/\/evil\.example\/fhir/);
  assert.equal(traffic.to("https://evil.example/").length, 0);
});
