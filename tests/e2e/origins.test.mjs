// A page at one of this machine's names, whose redirect URI has another.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { removePageScript, home, server, withApp } from "./support/package.mjs";
import { appOrigin, ehr, iss } from "./support/servers.mjs";

const elsewhere = home.replace("//localhost", "//127.0.0.1");
const foreign = { server: { ...server, redirectUri: elsewhere } };

/** In a page: what a launch is refused with. */
const refused = `async ({ app }) => app.launch().catch(({ code, message }) => ({ code, message }))`;

test("A11 a page at localhost with a redirect URI at 127.0.0.1 is told before it leaves", async ({ context, page, traffic }) => {
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

test("A11 an app with a store of its own may come back at another origin", async ({ context, page }) => {
  await removePageScript(context);
  await page.goto(home);
  const left = page.waitForRequest((request) => request.url().startsWith(`${ehr}/oauth/`));
  page
    .evaluate(
      `(async () => {
        const { SmartApp } = await import("/pkg/index.js");
        const texts = new Map();
        const store = { get: (key) => texts.get(key), set: (key, text) => void texts.set(key, text),
          remove: (key) => void texts.delete(key), keys: () => [...texts.keys()] };
        await new SmartApp({ server: ${JSON.stringify(foreign.server)}, store }).launch();
      })()`,
    )
    .catch(() => "the page was left");
  assert.equal(new URL((await left).url()).searchParams.get("redirect_uri"), elsewhere);
});

test("A11 an app that goes to the authorization URL by itself is not held back", async ({ context, page }) => {
  await removePageScript(context);
  await page.goto(home);
  const url = new URL(await withApp(page, foreign, "({ app }) => app.authorizationUrl()"));
  assert.equal(url.searchParams.get("redirect_uri"), elsewhere);
  assert.equal(url.searchParams.get("aud"), iss);
});
