// An app of its own with smartrust/hub that a provider opens from a chart. Its pages have only the package.

import { Chart } from "../pages/chart.mjs";
import { openChart } from "./flows.mjs";
import { appOrigin, ehr, ehrOrigin, iss } from "./servers.mjs";

/** Chromium treats a page whose response comes from a test as a public page, which may not fetch from this machine. */
export const more = ["--disable-features=LocalNetworkAccessChecks"];

const launchUrl = `${appOrigin}/launch`;
const sockets = ehrOrigin.replace("http", "ws");
const config = { clientId: "MIE-localhost-launch", redirectUri: launchUrl, fhirBase: iss };
const name = "smartrust launcher";

/** Replaces the pages at the launch URL by empty ones, whose policy allows connections to `connect`. */
export async function serveApp(context, connect = [sockets]) {
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${[ehrOrigin, ...connect].join(" ")}`;
  const headers = { "content-type": "text/html", "content-security-policy": policy };
  await context.route(`${launchUrl}**`, (route) => route.fulfill({ headers, body: "<!doctype html><title>App</title>" }));
  await replaceRedirects(context);
}

/** Replaces the EHR's redirects to apps by scripts. Playwright does not intercept what a redirect leads to, so the launcher's own page would open. */
export async function replaceRedirects(context) {
  const leads = ({ href }) => href.startsWith(`${ehr}/oauth/`) || href.startsWith(`${ehr}?f=launch`);
  await context.route(leads, async (route) => {
    if (!route.request().isNavigationRequest()) return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    const { location } = response.headers();
    return route.fulfill({ contentType: "text/html", body: `<script>location.replace(${JSON.stringify(location)})</script>` });
  });
}

/** Completes the launch in a page or frame, as `resumeApp` does. */
export async function completeLaunch(app, scope) {
  const server = { ...config, scope };
  await app.evaluate(async (server) => {
    const { SmartApp } = await import("/pkg/hub.js");
    new SmartApp({ server }).launch();
  }, server);
  await app.waitForURL(/[?&]code=/);
  await resumeApp(app, scope);
}

/** Resumes the session in a page or frame. Then the package is `window.hub`, and the session is `window.session`. */
export async function resumeApp(app, scope) {
  await app.evaluate(async (server) => {
    const hub = await import("/pkg/hub.js");
    Object.assign(window, { hub, session: await new hub.SmartApp({ server }).resume() });
  }, { ...config, scope });
}

/** Opens the app from the chart of the first patient, in a page of its own. With `isLoggedIn`, `page` shows this chart already. */
export async function openApp(context, page, { scope, connect, isLoggedIn = false }) {
  await serveApp(context, connect);
  const chart = isLoggedIn ? new Chart(page) : (await openChart(page, 0)).chart;
  const app = await context.newPage();
  await app.goto((await chart.launchUrl(name)).href);
  await completeLaunch(app, scope);
  return app;
}

/** Opens the app in a frame of the chart of the first patient. */
export async function openAppInChart(context, page, scope) {
  await serveApp(context);
  const { chart } = await openChart(page, 0);
  const app = await chart.launchInFrame(name);
  await app.waitForURL(`${launchUrl}**`);
  await completeLaunch(app, scope);
  return app;
}

/** Opens the app in a popup of the chart of the first patient. */
export async function openAppInPopup(context, page, scope) {
  await serveApp(context);
  const { chart } = await openChart(page, 0);
  const app = await chart.launchInPopup(name);
  await app.waitForURL(`${launchUrl}**`);
  await completeLaunch(app, scope);
  return app;
}
