// Browsers and pages in which WebAssembly cannot be used.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { home, removePageScript, server } from "./support/package.mjs";
import { appOrigin } from "./support/servers.mjs";

// Chromium then has no WebAssembly, like a browser in Lockdown Mode.
const more = ["--js-flags=--jitless"];

/** Makes a call to each entry of the package, and returns the errors. */
function errorsOf(page) {
  return page.evaluate(async (config) => {
    const [{ BackendClient, Keys, SmartApp, discover, ready }, launchPage] = await Promise.all([import("/pkg/index.js"), import("/pkg/launch.js")]);
    const calls = [
      ready(),
      new SmartApp({ server: config }).resume(),
      new SmartApp({ server: config }).launch(),
      new launchPage.SmartApp({ server: config }).launch(),
      new BackendClient({ fhirBase: config.fhirBase, clientId: "s", clientSecret: "s", scope: "system/*.rs" }).read("Patient/1"),
      Keys.generate("ES384"),
      discover(config.fhirBase),
    ];
    const results = await Promise.allSettled(calls);
    return results.map(({ reason }) => ({ name: reason?.name, code: reason?.code, message: reason?.message }));
  }, server);
}

test("S14 without WebAssembly, every call rejects with wasm_unsupported and a remedy for the user", async ({ context, page }) => {
  await removePageScript(context);
  await page.goto(home);
  assert.equal(await page.evaluate("typeof WebAssembly"), "undefined");
  for (const { name, code, message } of await errorsOf(page)) {
    assert.deepEqual([name, code], ["SmartError", "wasm_unsupported"]);
    assert.match(message, /Lockdown Mode/);
  }
}, { more });

test("S14 under a policy without 'wasm-unsafe-eval', every call rejects with wasm_blocked and names it", async ({ context, page }) => {
  await removePageScript(context);
  await page.route(home, async (route) => {
    const response = await route.fetch();
    const { "content-security-policy": policy } = response.headers();
    assert.match(policy, /'wasm-unsafe-eval'/);
    const headers = { ...response.headers(), "content-security-policy": policy.replace("'wasm-unsafe-eval'", "") };
    await route.fulfill({ response, headers });
  });
  await page.goto(home);
  for (const { name, code, message } of await errorsOf(page)) {
    assert.deepEqual([name, code], ["SmartError", "wasm_blocked"]);
    assert.match(message, /'wasm-unsafe-eval'/);
  }
});

test("S14 without WebAssembly, the launcher tells the patient what to do", async ({ page }) => {
  await page.goto(appOrigin);
  const text = await page.getByRole("alert").innerText();
  assert.match(text, /Lockdown Mode/);
  assert.match(text, /another device/);
}, { more });
