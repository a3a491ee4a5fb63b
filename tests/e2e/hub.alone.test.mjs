// An app that a provider opened from a chart follows the chart through the sandbox's hub and the browser's own WebSocket.

import assert from "node:assert/strict";
import { keepPages, test } from "./support/browser.mjs";
import { requestsAtEhr, whileDeviating } from "./support/control.mjs";
import { more, openApp as openHubApp, resumeApp } from "./support/hub-app.mjs";
import { appOrigin, ehr } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const scope = "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.read";

/** The app's decisions about an event. */
const decisions = {
  follow: (event, { follow }) => follow,
  stay: ({ patient }, { follow, refuse }) => (patient === "other" ? refuse("The user stays.") : follow),
  nothing: () => undefined,
};

/** Opens the app from the chart of the first patient. `window.log` records the events of its hub. */
async function openApp(context, page, options = {}) {
  const app = await openHubApp(context, page, { scope, ...options });
  await record(app);
  return app;
}

function record(app) {
  return app.evaluate(() => {
    window.log = [];
    for (const type of ["statechange", "viewchange", "notfollowed", "problem"]) {
      window.session.hub.addEventListener(type, ({ detail }) => window.log.push([type, detail?.state ?? detail]));
    }
  });
}

/** Subscribes in the app. */
function subscribe(app, decision) {
  return app.evaluate(`(async () => {
    const decide = ${decisions[decision]};
    const onEvent = (event) => {
      window.log.push(["event", event.patient, event.subject?.id]);
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

/** Duplicates the tab of an app, with its session. */
async function duplicate(context, app) {
  const [copy] = await Promise.all([context.waitForEvent("page"), app.evaluate(() => void window.open(location.href))]);
  await copy.waitForLoadState();
  await resumeApp(copy, scope);
  await record(copy);
  return copy;
}

const findingCodes = (app) => app.evaluate(async () => (await window.session.hub.findings()).map(({ code }) => code));
const openAnother = (page, patient) => page.goto(`${ehr}?f=chart&pat_id=${patient}`);
const hubState = (app) => app.evaluate(() => window.session.hub.state);

test("X5 X11 an app that follows the chart is locked when another patient is opened", async ({ context, page }) => {
  const app = await openApp(context, page);
  await subscribe(app, "stay");
  assert.equal(await hubState(app), "synced");
  await openAnother(page, 2);
  await app.waitForFunction(() => window.session.hub.state === "behind");
  const log = await app.evaluate(() => window.log);
  const locked = log.findIndex(([type, state]) => type === "viewchange" && state === "locked");
  const delivered = log.findIndex(([type, patient]) => type === "event" && patient === "other");
  assert.ok(locked >= 0 && locked < delivered, JSON.stringify(log));
  assert.equal(await app.evaluate(() => window.session.hub.view.state), "open");
  await app.evaluate(() => window.subscription.unsubscribe());
  assert.equal(await hubState(app), "off");
}, { more });

test("X15 X16 an app opens a patient, and asks what is open", async ({ context, page }) => {
  const app = await openApp(context, page);
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
  const without = await openApp(context, page, { scope: "launch openid patient/*.rs" });
  assert.equal((await failure(without)).code, "hub_unavailable");
  await without.close();
  await page.getByRole("button", { name: "Log out" }).click();
  const app = await openApp(context, page);
  await subscribe(app, "nothing");
  await openAnother(page, 3);
  await app.waitForFunction(() => window.session.hub.state === "behind");
  const shown = await app.evaluate(() => JSON.stringify(window.session.context));
  assert.ok(shown.includes("hub.url") && !shown.includes("hub.topic"), shown);
}, { more });

test("X17 X20 a denied subscription rejects, and a page that is left unsubscribes", async ({ context, page }) => {
  const app = await openApp(context, page);
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

test("X18 a lost WebSocket is reported at once, made again, and shows what was opened meanwhile", async ({ context, page }) => {
  const app = await openApp(context, page);
  await subscribe(app, "stay");
  // The event itself is lost with the WebSocket.
  await whileDeviating(["hub-lost"], () => openAnother(page, 4));
  await app.waitForFunction(() => window.log.some(([type, state]) => type === "statechange" && state === "behind"));
  await app.waitForFunction(() => window.log.some(([type, patient]) => type === "event" && patient === "other"));
  const log = await app.evaluate(() => window.log.map(([type, detail]) => `${type} ${detail}`));
  assert.ok(log.indexOf("statechange behind") < log.indexOf("viewchange locked"), log.join(", "));
}, { more });

test("X4 X22 a policy that forbids the WebSocket is an error at once, which names the policy", async ({ context, page }) => {
  const app = await openApp(context, page, { connect: [] });
  const { code, message, seconds } = await failure(app);
  assert.equal(code, "network");
  assert.match(message, /connect-src/);
  assert.ok(seconds < 5, `${seconds} s`);
  assert.equal(await hubState(app), "closed");
}, { blocks: /connect-src|Refused to connect/, more });

test("X22 a class of WebSockets can be passed, and an error event of it ends the attempt", async ({ context, page }) => {
  const app = await openApp(context, page);
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

test("X23 of a thousand events in a second, each gets a reply, and the app ends with the latest", async ({ context, page }) => {
  const app = await openApp(context, page);
  const replies = [];
  app.on("websocket", (socket) => socket.on("framesent", ({ payload }) => replies.push(JSON.parse(payload))));
  const start = Date.now();
  await whileDeviating(["hub-flood"], () => subscribe(app, "stay"));
  await until("each event has a reply", () => new Set(replies.map(({ id }) => id)).size >= 1_000);
  await app.waitForFunction(() => window.session.hub.view.state === "open" && window.session.hub.state === "behind");
  const delivered = await app.evaluate(() => window.log.filter(([type]) => type === "event").map(([, , subject]) => subject));
  console.log(`1,000 events: ${delivered.length} handled, ${Date.now() - start} ms`);
  assert.equal(delivered.at(-1), "flood-1000");
  assert.ok(replies.every(({ id, status }) => typeof id === "string" && [200, 202, 409].includes(status)), JSON.stringify(replies.slice(0, 5)));
  assert.ok((await findingCodes(app)).includes("hub_flood") || delivered.length >= 1_000);
}, { more });

test("X23 messages that cannot be read do no harm", async ({ context, page }) => {
  const app = await openApp(context, page);
  await subscribe(app, "stay");
  await whileDeviating(["hub-malformed"], () => openAnother(page, 5));
  await until("the findings are there", async () => (await findingCodes(app)).includes("hub_binary"));
  const codes = await findingCodes(app);
  assert.ok(["hub_binary", "hub_not_json", "hub_message"].every((code) => codes.includes(code)), codes.join(", "));
  await openAnother(page, 6);
  await app.waitForFunction(() => window.log.at(-1)[0] === "viewchange" && window.log.at(-1)[1] === "open");
}, { more });

test("X23 deeply nested JSON and a message of more than a megabyte do no harm", async ({ context, page, traffic }) => {
  const app = await openApp(context, page);
  const tokens = await traffic.tokenResponse("authorization_code");
  const outcome = await app.evaluate(async (topic) => {
    const events = ["Patient-open"];
    const replies = [];
    let socket;
    class Scripted extends EventTarget {
      constructor() {
        super();
        socket = this;
        queueMicrotask(() => this.say(JSON.stringify({ "hub.mode": "subscribe", "hub.topic": topic, "hub.events": "Patient-open" })));
      }
      say(data) {
        this.dispatchEvent(new MessageEvent("message", { data }));
      }
      send(text) {
        replies.push(JSON.parse(text));
      }
      close() {}
    }
    const { hub } = window.session;
    await hub.subscribe({ events, webSocket: Scripted, onEvent: () => window.hub.follow });
    const depth = 100_000;
    const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    socket.say(deep);
    const patient = `{"resourceType":"Patient","id":"${window.session.patient.id}","extension":${deep}}`;
    socket.say(`{"id":"deep","event":{"hub.topic":"${topic}","hub.event":"Patient-open","context":[{"key":"patient","resource":${patient}}]}}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = hub.state;
    socket.say(JSON.stringify("x".repeat(2 ** 20)));
    const codes = (await hub.findings()).map(({ code }) => code);
    await hub.unsubscribe();
    return { replies, before, codes };
  }, tokens["hub.topic"]);
  assert.deepEqual(outcome.replies, [{ id: "deep", status: 200 }]);
  assert.equal(outcome.before, "synced");
  assert.ok(outcome.codes.includes("hub_large_message"), outcome.codes.join(", "));
}, { more });

test("X19 the tabs of a session have one subscription, which another tab takes over, and signing out ends all", async ({ context, page }) => {
  const first = await openApp(context, page);
  await subscribe(first, "stay");
  const subscriptions = async () => (await requestsAtEhr()).filter(({ method, path }) => method === "POST" && path.endsWith("/hub")).length;
  const before = await subscriptions();
  const second = await duplicate(context, first);
  await subscribe(second, "stay");
  assert.equal(await second.evaluate(() => window.session.id), await first.evaluate(() => window.session.id));
  assert.equal(await subscriptions(), before);
  await openAnother(page, 8);
  for (const tab of [first, second]) await tab.waitForFunction(() => window.log.some(([type, patient]) => type === "event" && patient === "other"));

  const third = await duplicate(context, second);
  await subscribe(third, "stay");
  const connected = Promise.any([second, third].map((tab) => tab.waitForEvent("websocket")));
  const start = Date.now();
  await first.close();
  await connected;
  const handover = Date.now() - start;
  console.log(`another tab subscribed after ${handover} ms`);
  assert.ok(handover < 2_000, `${handover} ms`);
  await openAnother(page, 9);
  for (const tab of [second, third]) await tab.waitForFunction(() => window.log.filter(([type, patient]) => type === "event" && patient === "other").length > 1);

  await second.evaluate(() => window.session.signOut());
  for (const tab of [second, third]) await tab.waitForFunction(() => window.session.hub.state === "off" && !window.session.active);
}, { more });

test("X20 a page that the browser keeps is not synced until the hub has confirmed again", async ({ context, page }) => {
  const app = await openApp(context, page);
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
