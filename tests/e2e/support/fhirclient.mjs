// A small app written for fhirclient 2. It runs with either library; only the import differs.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Portal } from "../pages/portal.mjs";
import { test } from "./browser.mjs";
import { home } from "./package.mjs";
import { appOrigin, iss, patientLogin } from "./servers.mjs";

const bundle = createRequire(import.meta.url).resolve("fhirclient/build/fhir-client.pure.min.js");

/** The URL that the app imports, by the library's name. */
const libraries = { fhirclient: `${home}fhirclient.js`, smartrust: "/pkg/fhirclient.js" };

/** The page where the app launches. It is redirected to `home`. Both are the plain page with another script. */
export const launchPage = `${home}index.html`;

/** The launch URL and redirect URI for launches from the sandbox's charts. */
export const chartPage = `${appOrigin}/launch`;

/** The app's registration at the sandbox, with fhirclient's names. */
export const registration = {
  client_id: "plain-html",
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
  redirect_uri: "./",
  iss,
};

/** A script that calls `authorize()` or `init()`. The parameters are an object or its source code. */
export function scriptCalling(method, parameters = registration) {
  const source = typeof parameters === "string" ? parameters : JSON.stringify(parameters);
  return `window.connected = FHIR.oauth2.${method}(${source}); window.connected.catch(() => {});`;
}

/** A script that calls `ready()`. */
export const readyScript = "window.connected = FHIR.oauth2.ready(); window.connected.catch(() => {});";

/**
 * Serves the app with a library in a page or context. By default, the launch page calls `authorize()` and `home` calls `ready()`.
 * `scripts` replaces their scripts, by the URL of the page.
 */
export async function serveApp(target, library, scripts = {}) {
  const all = { [launchPage]: scriptCalling("authorize"), [home]: readyScript, ...scripts };
  const cases = Object.entries(all).map(([url, script]) => `case ${JSON.stringify(url)}: ${script} break;`);
  const app = `import FHIR from "${libraries[library]}";
    window.FHIR = FHIR;
    switch (location.origin + location.pathname) { ${cases.join("\n")} }`;
  const wrapper = `import "${home}bundle.js"; export default window.FHIR;`;
  const files = { [`${home}page.js`]: app, [`${appOrigin}/boot.*.js`]: app, [libraries.fhirclient]: wrapper };
  files[`${home}bundle.js`] = await readFile(bundle, "utf8");
  for (const [url, body] of Object.entries(files)) {
    await target.route(url, (route) => route.fulfill({ contentType: "text/javascript", body }));
  }
}

/** Runs `body` with each library in a separate tab, and asserts that both return the same. */
export function withBothLibraries(name, body) {
  test(`fhirclient and smartrust/fhirclient: ${name}`, async ({ context }) => {
    const results = {};
    for (const library of ["fhirclient", "smartrust"]) results[library] = await body(await context.newPage(), library);
    assert.notEqual(results.fhirclient, undefined);
    assert.deepEqual(results.smartrust, results.fhirclient);
  });
}

/** Launches the app as a patient who allows everything, and waits until the redirect has loaded. */
export async function connect(page, library, scripts) {
  await serveApp(page, library, scripts);
  await page.goto(launchPage);
  await allow(page);
  await waitForApp(page);
}

/** Logs in at the portal if necessary, allows everything, and waits for the redirect. */
export async function allow(page) {
  const button = page.getByRole("button", { name: "Allow", exact: true });
  const name = page.getByLabel("User name");
  await button.or(name).waitFor();
  if (await name.isVisible()) await new Portal(page).logIn(patientLogin);
  await button.click();
  await page.waitForURL((url) => url.href.startsWith(appOrigin));
}

/** Waits until the app's script has run, in a page or frame. */
export async function waitForApp(page) {
  await page.waitForFunction(() => Boolean(window.connected));
}

/** Runs a function in the app's page with its client. */
export function withClient(page, body, argument) {
  return page.evaluate(`(async () => (${body})(await window.connected, ${JSON.stringify(argument)}))()`);
}

/** The outcome of the app's call: what `describe` returns for its result, or its error. */
export function outcomeOf(page, describe = () => "a client") {
  return page.evaluate(`window.connected.then(${describe}, ({ name, message, code, status }) => ({ name, message, code, status }))`);
}

export { home, iss };
