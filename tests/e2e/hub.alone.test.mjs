// An app that a provider opened from a chart follows the chart, by the sandbox's hub and the browser's own WebSocket.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { whileDeviating } from "./support/control.mjs";
import { openChart } from "./support/flows.mjs";
import { appOrigin, ehr, iss } from "./support/servers.mjs";

const launchUrl = `${appOrigin}/launch`;
const config = {
  clientId: "MIE-localhost-launch",
  redirectUri: launchUrl,
  fhirBase: iss,
  scope: "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.read",
};

/** Opens an app from the chart of the first patient. Its page has nothing but the package, and `session` in its window. */
async function openApp(context, page, overrides = {}) {
  await context.route(`${launchUrl}**`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>App</title>" }));
  const { chart, name } = await openChart(page, 0);
  const app = await chart.launchInPopup("smartrust launcher");
  await app.waitForURL(`${launchUrl}**`);
  const server = { ...config, ...overrides };
  const start = async (server) => {
    const { SmartApp } = await import("/pkg/hub.js");
    await new SmartApp({ server }).launch();
  };
  await app.evaluate(start, server).catch(() => {});
  await app.waitForURL(/[?&]code=/);
  await app.evaluate(async (server) => {
    const { SmartApp, follow, refuse } = await import("/pkg/hub.js");
    Object.assign(window, { follow, refuse, log: [] });
    window.session = await new SmartApp({ server }).resume();
    for (const type of ["statechange", "viewchange", "notfollowed", "problem"]) {
      window.session.hub.addEventListener(type, ({ detail }) => window.log.push([type, detail?.state ?? detail]));
    }
  }, server);
  return { app, name };
}

/** Subscribes in the app. `decide` is the body of its handler. */
function subscribe(app, decide) {
  return app.evaluate(async (body) => {
    const onEvent = (event) => {
      window.log.push(["event", event.patient]);
      return new Function("event", "follow", "refuse", body)(event, window.follow, window.refuse);
    };
    window.subscription = await window.session.hub.subscribe({ events: ["Patient-open", "Patient-close"], name: "Test app", onEvent });
  }, decide);
}

const openAnother = (page, patient) => page.goto(`${ehr}?f=chart&pat_id=${patient}`);

test("X5 X11 an app that follows the chart is locked when another patient is opened", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await subscribe(app, "return event.patient === 'other' ? refuse('The user stays.') : follow");
  assert.equal(await app.evaluate(() => window.session.hub.state), "synced");
  await openAnother(page, 2);
  await app.waitForFunction(() => window.session.hub.state === "behind");
  const log = await app.evaluate(() => window.log);
  const locked = log.findIndex(([type, state]) => type === "viewchange" && state === "locked");
  const asked = log.findIndex(([type, patient]) => type === "event" && patient === "other");
  assert.ok(locked >= 0 && asked >= 0, JSON.stringify(log));
  assert.equal(await app.evaluate(() => window.session.hub.view.state), "open");
  await app.evaluate(() => window.subscription.unsubscribe());
  assert.equal(await app.evaluate(() => window.session.hub.state), "off");
});

test("X15 X16 an app opens a patient, and asks what is open", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await subscribe(app, "return follow");
  const current = await app.evaluate(async () => {
    const patient = await window.session.patient.read();
    await window.session.hub.open("Patient-open", [{ key: "patient", resource: patient }]);
    const refused = await window.session.hub.open("Encounter-open").catch(({ code }) => code);
    return { id: (await window.session.hub.current()).context[0].resource.id, patient: patient.id, refused };
  });
  assert.deepEqual([current.id, current.refused], [current.patient, "not_granted"]);
});

test("X1 X7 X21 a session without a hub rejects, a handler without a decision follows nothing, and no context has the topic", async ({ context, page }) => {
  const { app } = await openApp(context, page, { scope: "launch openid patient/*.rs" });
  assert.equal(await subscribe(app, "return follow").catch((error) => /no hub/.test(error.message)), true);
  await app.close();
  const { app: other } = await openApp(context, page);
  await subscribe(other, "");
  await openAnother(page, 3);
  await other.waitForFunction(() => window.session.hub.state === "behind");
  const context_ = await other.evaluate(() => JSON.stringify(window.session.context));
  assert.ok(context_.includes("hub.url") && !context_.includes("hub.topic"), context_);
});

test("X17 X20 a denied subscription rejects, and a page that is left unsubscribes", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await whileDeviating(["hub-denied"], async () => {
    const message = await subscribe(app, "return follow").catch((error) => error.message);
    assert.match(message, /The session has ended/);
  });
  await subscribe(app, "return follow");
  const left = app.waitForRequest((request) => request.postData()?.includes("hub.mode=unsubscribe") ?? false);
  await app.goto("about:blank");
  await left;
});
