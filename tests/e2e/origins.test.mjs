// A page at localhost whose redirect URI is at 127.0.0.1.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { removePageScript, home, server, withApp } from "./support/package.mjs";
import { appOrigin, ehr, iss } from "./support/servers.mjs";

const elsewhere = home.replace("//localhost", "//127.0.0.1");
const foreign = { server: { ...server, redirectUri: elsewhere } };

/** Runs in a page: the error of a launch. */
const refused = `async ({ app }) => app.launch().catch(({ code, message }) => ({ code, message }))`;

test("A11 a launch at localhost with a redirect URI at 127.0.0.1 rejects before navigation", async ({ context, page, traffic }) => {
  await removePageScript(context);
  await page.goto(home);
  for (const config of [foreign, { ...foreign, store: "origin" }, { ...foreign, store: "memory" }]) {
    const { code, message } = await withApp(page, config, refused);
    assert.equal(code, "invalid_configuration");
    for (const origin of [appOrigin, new URL(elsewhere).origin]) assert.ok(message.includes(origin), message);
  }
  assert.equal(page.url(), home);
  assert.deepEqual(traffic.to(`${ehr}/oauth/`), []);
});

test("A11 an app with its own store may have a redirect URI of another origin", async ({ context, page }) => {
  await removePageScript(context);
  await page.goto(home);
  const leaving = page.waitForRequest((request) => request.url().startsWith(`${ehr}/oauth/`));
  page
    .evaluate(
      `(async () => {
        const { SmartApp } = await import("/pkg/index.js");
        const values = new Map();
        const store = { get: (key) => values.get(key), set: (key, value) => void values.set(key, value),
          remove: (key) => void values.delete(key), keys: () => [...values.keys()] };
        await new SmartApp({ server: ${JSON.stringify(foreign.server)}, store }).launch();
      })()`,
    )
    .catch(() => "the page navigated");
  assert.equal(new URL((await leaving).url()).searchParams.get("redirect_uri"), elsewhere);
});

test("A11 authorizationUrl() does not reject a redirect URI of another origin", async ({ context, page }) => {
  await removePageScript(context);
  await page.goto(home);
  const url = new URL(await withApp(page, foreign, "({ app }) => app.authorizationUrl()"));
  assert.equal(url.searchParams.get("redirect_uri"), elsewhere);
  assert.equal(url.searchParams.get("aud"), iss);
});
