// An app that a provider opened from a chart follows the chart through the sandbox's hub and the browser's own WebSocket.

import assert from "node:assert/strict";
import { keepPages, test } from "./support/browser.mjs";
import { requestsAtEhr, whileDeviating } from "./support/control.mjs";
import { openChart } from "./support/flows.mjs";
import { appOrigin, ehr, ehrOrigin, iss } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

/** Chromium treats a page whose response comes from a test as a public page, which may not fetch from this machine. */
const more = ["--disable-features=LocalNetworkAccessChecks"];

const launchUrl = `${appOrigin}/launch`;
const sockets = ehrOrigin.replace("http", "ws");
const config = {
  clientId: "MIE-localhost-launch",
  redirectUri: launchUrl,
  fhirBase: iss,
  scope: "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.read",
};

/** The app's decisions about an event. */
const decisions = {
  follow: (event, { follow }) => follow,
  stay: ({ patient }, { follow, refuse }) => (patient === "other" ? refuse("The user stays.") : follow),
  nothing: () => undefined,
};

/**
 * Opens an app from the chart of the first patient. Its pages have only the package, and a policy that allows connections to `connect`. After
 * the launch, the session is `window.session`.
 */
async function openApp(context, page, { scope = config.scope, connect = [sockets] } = {}) {
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${[ehrOrigin, ...connect].join(" ")}`;
  const headers = { "content-type": "text/html", "content-security-policy": policy };
  await context.route(`${launchUrl}**`, (route) => route.fulfill({ headers, body: "<!doctype html><title>App</title>" }));
  // A redirect would lead to the launcher's own page, which has the same URL.
  await context.route(`${ehr}/oauth/**`, async (route) => {
    if (!route.request().isNavigationRequest()) return route.continue();
    const response = await route.fetch({ maxRedirects: 0 });
    const { location } = response.headers();
    return route.fulfill({ contentType: "text/html", body: `<script>location.replace(${JSON.stringify(location)})</script>` });
  });
  const { chart, name } = await openChart(page, 0);
  const app = await context.newPage();
  await app.goto((await chart.launchUrl("smartrust launcher")).href);
  const server = { ...config, scope };
  await app.evaluate(async (server) => {
    const { SmartApp } = await import("/pkg/hub.js");
    new SmartApp({ server }).launch();
  }, server);
  await app.waitForURL(/[?&]code=/);
  await app.evaluate(async (server) => {
    const hub = await import("/pkg/hub.js");
    Object.assign(window, { hub, log: [], session: await new hub.SmartApp({ server }).resume() });
    for (const type of ["statechange", "viewchange", "notfollowed", "problem"]) {
      window.session.hub.addEventListener(type, ({ detail }) => window.log.push([type, detail?.state ?? detail]));
    }
  }, server);
  return { app, name };
}

/** Subscribes in the app. */
function subscribe(app, decision) {
  return app.evaluate(`(async () => {
    const decide = ${decisions[decision]};
    const onEvent = (event) => {
      window.log.push(["event", event.patient]);
      return decide(event, window.hub);
    };
    window.subscription = await window.session.hub.subscribe({ events: ["Patient-open", "Patient-close"], name: "Test app", onEvent });
  })()`);
}

/** The code and the message of the error with which subscribing fails, and how long it took. */
async function failure(app) {
  const start = Date.now();
  const error = await app.evaluate(() =>
    window.session.hub
      .subscribe({ events: ["Patient-open"], onEvent: () => window.hub.follow })
      .then(() => ({}), ({ code, message }) => ({ code, message })),
  );
  return { ...error, seconds: (Date.now() - start) / 1000 };
}

const openAnother = (page, patient) => page.goto(`${ehr}?f=chart&pat_id=${patient}`);
const hubState = (app) => app.evaluate(() => window.session.hub.state);

test("X5 X11 an app that follows the chart is locked when another patient is opened", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await subscribe(app, "stay");
  assert.equal(await hubState(app), "synced");
  await openAnother(page, 2);
  await app.waitForFunction(() => window.session.hub.state === "behind");
  const log = await app.evaluate(() => window.log);
  const locked = log.findIndex(([type, state]) => type === "viewchange" && state === "locked");
  const asked = log.findIndex(([type, patient]) => type === "event" && patient === "other");
  assert.ok(locked >= 0 && locked < asked, JSON.stringify(log));
  assert.equal(await app.evaluate(() => window.session.hub.view.state), "open");
  await app.evaluate(() => window.subscription.unsubscribe());
  assert.equal(await hubState(app), "off");
}, { more });

test("X15 X16 an app opens a patient, and asks what is open", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  assert.ok(await app.evaluate(() => window.session instanceof window.hub.Session));
  await subscribe(app, "follow");
  const current = await app.evaluate(async () => {
    const patient = await window.session.patient.read();
    await window.session.hub.open("Patient-open", [{ key: "patient", resource: patient }]);
    const refused = await window.session.hub.open("Encounter-open").catch(({ code }) => code);
    return { id: (await window.session.hub.current()).context[0].resource.id, patient: patient.id, refused };
  });
  assert.deepEqual([current.id, current.refused], [current.patient, "not_granted"]);
}, { more });

test("X1 X7 X21 a session without a hub rejects, a handler without a decision follows nothing, and no context has the topic", async ({ context, page }) => {
  const { app: without } = await openApp(context, page, { scope: "launch openid patient/*.rs" });
  assert.equal((await failure(without)).code, "hub_unavailable");
  await without.close();
  await page.getByRole("button", { name: "Log out" }).click();
  const { app } = await openApp(context, page);
  await subscribe(app, "nothing");
  await openAnother(page, 3);
  await app.waitForFunction(() => window.session.hub.state === "behind");
  const shown = await app.evaluate(() => JSON.stringify(window.session.context));
  assert.ok(shown.includes("hub.url") && !shown.includes("hub.topic"), shown);
}, { more });

test("X17 X20 a denied subscription rejects, and a page that is left unsubscribes", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await whileDeviating(["hub-denied"], async () => {
    const { code, message } = await failure(app);
    assert.equal(code, "hub_refused");
    assert.match(message, /The session has ended/);
  });
  assert.equal(await hubState(app), "denied");
  await subscribe(app, "follow");
  const posts = async () => (await requestsAtEhr()).filter(({ method, path }) => method === "POST" && path.endsWith("/hub")).length;
  const before = await posts();
  // Playwright neither reports nor continues a request that outlives its page.
  await context.unrouteAll();
  await app.goto("about:blank");
  await until("the page unsubscribes", async () => (await posts()) === before + 1);
}, { more });

test("X18 a lost WebSocket is told at once, made again, and shows what was opened meanwhile", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await subscribe(app, "stay");
  // The event itself is lost with the WebSocket.
  await whileDeviating(["hub-lost"], () => openAnother(page, 4));
  await app.waitForFunction(() => window.log.some(([type, state]) => type === "statechange" && state === "behind"));
  await app.waitForFunction(() => window.log.some(([type, patient]) => type === "event" && patient === "other"));
  const log = await app.evaluate(() => window.log.map(([type, detail]) => `${type} ${detail}`));
  assert.ok(log.indexOf("statechange behind") < log.indexOf("viewchange locked"), log.join(", "));
}, { more });

test("X4 X22 a policy that forbids the WebSocket is an error at once, which names the policy", async ({ context, page }) => {
  const { app } = await openApp(context, page, { connect: [] });
  const { code, message, seconds } = await failure(app);
  assert.equal(code, "network");
  assert.match(message, /connect-src/);
  assert.ok(seconds < 5, `${seconds} s`);
  assert.equal(await hubState(app), "closed");
}, { blocks: /connect-src|Refused to connect/, more });

test("X22 a class of WebSockets can be passed, and an error event of it ends the attempt", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  const outcome = await app.evaluate(async () => {
    const opened = [];
    class Own extends WebSocket {
      constructor(url) {
        super(url);
        opened.push(new URL(url).protocol);
      }
    }
    const options = { events: ["Patient-open"], onEvent: () => window.hub.follow };
    await (await window.session.hub.subscribe({ ...options, webSocket: Own })).unsubscribe();
    class Failing extends EventTarget {
      constructor() {
        super();
        queueMicrotask(() => this.dispatchEvent(new Event("error")));
      }
      close() {}
    }
    const code = await window.session.hub.subscribe({ ...options, webSocket: Failing }).catch(({ code }) => code);
    return { code, opened };
  });
  assert.deepEqual(outcome, { code: "network", opened: ["ws:"] });
}, { more });

test("X23 a thousand events in a second and messages that cannot be read do no harm", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  const start = Date.now();
  await whileDeviating(["hub-flood"], async () => {
    await subscribe(app, "stay");
    await app.waitForFunction(() => window.log.filter(([type]) => type === "event").length > 1);
  });
  await app.waitForFunction(() => window.session.hub.view.state === "open" && window.session.hub.state === "behind");
  const asked = await app.evaluate(() => window.log.filter(([type]) => type === "event").length);
  console.log(`1,000 events: ${asked} handled, ${Date.now() - start} ms`);
  await whileDeviating(["hub-malformed"], () => openAnother(page, 5));
  const findings = await app.waitForFunction(async () => {
    const codes = (await window.session.hub.findings()).map(({ code }) => code);
    return codes.includes("hub_binary") && codes;
  });
  const codes = await findings.jsonValue();
  assert.ok(["hub_binary", "hub_not_json", "hub_message"].every((code) => codes.includes(code)), codes.join(", "));
  await openAnother(page, 6);
  await app.waitForFunction(() => window.log.at(-1)[0] === "viewchange" && window.log.at(-1)[1] === "open");
}, { more });

test("X20 a page that the browser keeps is not synced until the hub has confirmed again", async ({ context, page }) => {
  const { app } = await openApp(context, page);
  await subscribe(app, "stay");
  await app.evaluate(() => {
    const record = () => window.log.push(["shown as", window.session.hub.state]);
    window.kept = true;
    addEventListener("pageshow", record);
  });
  await app.goto(`${appOrigin}/launch?elsewhere`);
  await openAnother(page, 7);
  // `page.goBack()` would wait for an event that a restored page does not fire.
  await app.evaluate(() => setTimeout(() => history.back(), 100));
  await app.waitForFunction(() => !location.search.includes("elsewhere"));
  if (!(await app.evaluate(() => window.kept === true))) {
    const reasons = await app.evaluate(() => JSON.stringify(performance.getEntriesByType("navigation")[0].notRestoredReasons));
    throw new Error(`Chromium did not keep the page: ${reasons}`);
  }
  await app.waitForFunction(() => window.log.some(([type, patient]) => type === "event" && patient === "other"));
  const log = await app.evaluate(() => window.log.map(([type, detail]) => `${type} ${detail}`));
  assert.ok(log.includes("shown as connecting"), log.join(", "));
  const shown = log.indexOf("shown as connecting");
  assert.ok(log.indexOf("viewchange locked") > shown, log.join(", "));
}, { more: [...more, keepPages] });
