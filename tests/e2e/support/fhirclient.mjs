// A small app written for fhirclient 2, with either library: only the line that imports it differs.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Portal } from "../pages/portal.mjs";
import { test } from "./browser.mjs";
import { home } from "./package.mjs";
import { appOrigin, iss, patientLogin } from "./servers.mjs";

const bundle = createRequire(import.meta.url).resolve("fhirclient/build/fhir-client.pure.min.js");

/** What the app imports, by the library's name. */
const libraries = { fhirclient: `${home}fhirclient.js`, smartrust: "/pkg/fhirclient.js" };

/** Where the app launches; it comes back at `home`. Both are the plain page, whose script is taken away. */
export const launchPage = `${home}index.html`;

/** Where the sandbox's charts launch to, and come back. */
export const chartPage = `${appOrigin}/launch`;

/** The app's registration at the sandbox, as fhirclient calls it. */
export const registration = {
  client_id: "plain-html",
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
  redirect_uri: "./",
  iss,
};

/** A page's script that calls `authorize()` or `init()` with parameters: an object, or its source. */
export function scriptCalling(method, parameters = registration) {
  const source = typeof parameters === "string" ? parameters : JSON.stringify(parameters);
  return `window.connected = FHIR.oauth2.${method}(${source}); window.connected.catch(() => {});`;
}

/** A page's script that calls `ready()`. */
export const readyScript = "window.connected = FHIR.oauth2.ready(); window.connected.catch(() => {});";

/**
 * Serves the app with a library in a page or context: by default the launch page launches, and `home` is ready. `scripts` gives other scripts, by
 * their page's address.
 */
export async function serveApp(target, library, scripts = {}) {
  const all = { [launchPage]: scriptCalling("authorize"), [home]: readyScript, ...scripts };
  const cases = Object.entries(all).map(([address, script]) => `case ${JSON.stringify(address)}: ${script} break;`);
  const app = `import FHIR from "${libraries[library]}";
    window.FHIR = FHIR;
    switch (location.origin + location.pathname) { ${cases.join("\n")} }`;
  const wrapper = `import "${home}bundle.js"; export default window.FHIR;`;
  const files = { [`${home}page.js`]: app, [`${appOrigin}/boot.js`]: app, [libraries.fhirclient]: wrapper };
  files[`${home}bundle.js`] = await readFile(bundle, "utf8");
  for (const [address, body] of Object.entries(files)) {
    await target.route(address, (route) => route.fulfill({ contentType: "text/javascript", body }));
  }
}

/** Runs `body` once with each library, each in a tab of its own, and holds what came of the two together. */
export function withBothLibraries(name, body) {
  test(`with either library, ${name}`, async ({ context }) => {
    const came = {};
    for (const library of ["fhirclient", "smartrust"]) came[library] = await body(await context.newPage(), library);
    assert.notEqual(came.fhirclient, undefined);
    assert.deepEqual(came.smartrust, came.fhirclient);
  });
}

/** Launches the app as a patient who allows all, and waits until it is back. */
export async function connect(page, library, scripts) {
  await serveApp(page, library, scripts);
  await page.goto(launchPage);
  await allow(page);
  await waitForApp(page);
}

/** What a patient does at the portal, until the app is back. */
export async function allow(page) {
  const button = page.getByRole("button", { name: "Allow", exact: true });
  const name = page.getByLabel("User name");
  await button.or(name).waitFor();
  if (await name.isVisible()) await new Portal(page).logIn(patientLogin);
  await button.click();
  await page.waitForURL((address) => address.href.startsWith(appOrigin));
}

/** Waits until the app's script has run, in a page or frame. */
export async function waitForApp(page) {
  await page.waitForFunction(() => Boolean(window.connected));
}

/** Runs a function in the app's page with its client. */
export function withClient(page, body, argument) {
  return page.evaluate(`(async () => (${body})(await window.connected, ${JSON.stringify(argument)}))()`);
}

/** How what the app called ends: what `told` makes of what it gives, or its error. */
export function outcomeOf(page, told = () => "a client") {
  return page.evaluate(`window.connected.then(${told}, ({ name, message, code, status }) => ({ name, message, code, status }))`);
}

export { home, iss };
