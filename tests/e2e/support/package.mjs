// Calls the npm package in a page, as an app does.

import { Portal } from "../pages/portal.mjs";
import { PlainPage } from "../pages/plain.mjs";
import { confirmAtPortal } from "./flows.mjs";
import { appOrigin, iss, patientLogin } from "./servers.mjs";

/** The plain page, which is a redirect URI at the sandbox. */
export const home = `${appOrigin}/plain-html/`;

/** The plain page's registration at the sandbox. */
export const server = {
  fhirBase: iss,
  clientId: "plain-html",
  redirectUri: home,
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
};

/** Signs a patient in through the plain page. */
export async function signIn(page, options) {
  const plain = new PlainPage(page);
  await plain.connect();
  await confirmAtPortal(page, options);
  await plain.waitForRedirect();
  await plain.patient().waitFor();
}

/** Runs a function in the page with the package's exports, an app for the sandbox, and the app's session. */
export function withSession(page, body) {
  return withApp(page, { server }, `async (smartrust) => (${body})({ ...smartrust, session: await smartrust.app.resume() })`);
}

/** Runs a function in the page with the package's exports and an app with this configuration. */
export function withApp(page, config, body) {
  return page.evaluate(
    `(async () => {
      const smartrust = await import("/pkg/index.js");
      const app = new smartrust.SmartApp(${JSON.stringify(config)});
      return (${body})({ ...smartrust, app });
    })()`,
  );
}

/** Replaces the plain page's script by an empty one, so that only the test's code runs in it. */
export async function removePageScript(context) {
  await context.route(`${home}page.js`, (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
}

/** Navigates from the plain page to the portal, where the patient allows everything. Afterwards, the page's URL is the redirect. */
export async function authorizeAtPortal(page, config = { server }, options = {}) {
  await page.goto(home);
  await page.goto(await withApp(page, config, `({ app }) => app.authorizationUrl(${JSON.stringify(options)})`));
  if (await page.getByLabel("User name").isVisible()) await new Portal(page).logIn(patientLogin);
  await new Portal(page).allow();
  await page.waitForURL((url) => url.href.startsWith(home));
}

/** The outcome of `resume()` in a page: the code of its error, or whether there is a session. */
export function outcome(page, config = { server }) {
  const body = async ({ app }) => {
    try {
      return (await app.resume()) ? "session" : "none";
    } catch (error) {
      return error.code;
    }
  };
  return withApp(page, config, body);
}
