// An app in a frame of the chart, or in a popup, sends messages to the chart's page (SMART Web Messaging).

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { more, openAppInChart, openAppInPopup } from "./support/hub-app.mjs";
import { appOrigin, ehr, ehrOrigin } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const scope = "launch openid patient/*.rs messaging/ui messaging/scratchpad";

/** Records the messages that the chart's page gets, in `window.received`. With `isSilent`, its own script does not get them, so it does not respond. */
function listen(page, isSilent) {
  return page.addInitScript((isSilent) => {
    if (window.top !== window) return;
    window.received = [];
    addEventListener("message", (event) => {
      window.received.push({ origin: event.origin, data: event.data });
      if (isSilent) event.stopImmediatePropagation();
    });
  }, isSilent);
}

const received = (page) => page.evaluate(() => window.received);

/** The id of the next message of the app: 128 bits that are 0. */
const id = "A".repeat(22);

/** Sends `ui.done` in the app, with the message id `id`. Its outcome becomes `window.outcome`. */
function sendDone(app) {
  return app.evaluate(() => {
    window.outcome = null;
    crypto.getRandomValues = (bytes) => bytes.fill(0);
    window.session.ehr.done().then((response) => (window.outcome = response), ({ code }) => (window.outcome = code));
  });
}

const outcome = (app) => app.evaluate(() => window.outcome);

/** Sends a message from a page to the app in the chart's frame, and waits until the app has it. */
async function say(from, app, message) {
  await app.evaluate((message) => {
    window.arrived = new Promise((resolve) => {
      addEventListener("message", ({ data }) => JSON.stringify(data) === JSON.stringify(message) && resolve());
    });
  }, message);
  await from.evaluate(([message, origin]) => (window.opener ?? window).frames[0].postMessage(message, origin), [message, appOrigin]);
  await app.evaluate(() => window.arrived);
}

test("M4 an app in the chart creates a draft, opens an activity, and closes itself", async ({ context, page }) => {
  await listen(page, false);
  const app = await openAppInChart(context, page, scope);
  const found = await app.evaluate(async () => {
    const { ehr } = window.session;
    const draft = { resourceType: "ServiceRequest", status: "draft", intent: "proposal" };
    const created = await ehr.send("scratchpad.create", { resource: draft });
    const read = await ehr.send("scratchpad.read", { location: created.location });
    const all = await ehr.send("scratchpad.read");
    const removed = await ehr.send("scratchpad.delete", { location: created.location });
    const missing = await ehr.send("scratchpad.read", { location: created.location });
    const unknown = await ehr.send("org.example.unknown");
    return { created, read, count: all.scratchpad.length, removed, missing: missing.status, unknown: unknown.status };
  });
  assert.deepEqual(found, {
    created: { status: "201 Created", location: "ServiceRequest/1" },
    read: { resource: { resourceType: "ServiceRequest", status: "draft", intent: "proposal", id: "1" } },
    count: 1,
    removed: { status: "200 OK" },
    missing: "404 Not Found",
    unknown: "failure",
  });
  const shown = await app.evaluate(() => window.session.ehr.launchActivity("problem-review", { problemLocation: "Condition/1" }));
  assert.equal(shown.status, "success");
  await page.getByText("The app opens problem-review.").waitFor();
  const messages = await received(page);
  assert.deepEqual([...new Set(messages.map(({ origin }) => origin))], [appOrigin]);
  assert.equal(new Set(messages.map(({ data }) => data.messageId)).size, 7);
  const handles = new Set(messages.map(({ data }) => data.messagingHandle));
  assert.ok(handles.size === 1 && !(await app.evaluate(() => JSON.stringify(window.session.context))).includes([...handles][0]));

  await sendDone(app);
  await page.waitForURL((url) => !url.searchParams.has("app"));
  assert.equal(await page.locator("iframe").count(), 0);
}, { more });

test("M4 an app in a popup closes itself", async ({ context, page }) => {
  const app = await openAppInPopup(context, page, scope);
  const closed = app.waitForEvent("close");
  assert.deepEqual(await app.evaluate(() => window.session.ehr.done()), { status: "success" });
  await closed;
}, { more });

test("M4 several responses arrive in their order, and the last one is the result", async ({ context, page }) => {
  const app = await openAppInChart(context, page, scope);
  const { earlier, last } = await app.evaluate(async () => {
    const earlier = [];
    const last = await window.session.ehr.send("sandbox.count", { to: 3 }, { onResponse: ({ number }) => earlier.push(number) });
    return { earlier, last };
  });
  assert.deepEqual({ earlier, last }, { earlier: [1, 2], last: { number: 3 } });
}, { more });

test("M4 a response of another window, or to another message, is ignored", async ({ context, page }) => {
  await listen(page, true);
  const app = await openAppInChart(context, page, scope);
  await sendDone(app);
  await page.waitForFunction(() => window.received.length === 1);
  const [{ data }] = await received(page);
  assert.equal(data.messageId, id);
  const response = (status, to = id) => ({ messageId: status, responseToMessageId: to, payload: { status } });
  const opened = context.waitForEvent("page");
  await page.evaluate(() => void window.open("about:blank"));
  const other = await opened;
  assert.equal(await other.evaluate(() => window.origin), ehrOrigin);
  await say(other, app, response("of another window"));
  await say(page, app, response("to another message", "other"));
  await say(page, app, { ...data, payload: { status: "no response" } });
  assert.equal(await outcome(app), null);
  await say(page, app, response("of the chart"));
  assert.deepEqual(await outcome(app), { status: "of the chart" });
}, { more });

test("M4 another origin than the token response's gets no message and no answer counts, and the app stops waiting after ten seconds", async ({ context, page }) => {
  await page.clock.install();
  await listen(page, true);
  const elsewhere = { smart_web_messaging_origin: "https://ehr.example" };
  await context.route(`${ehr}/oauth/token/`, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), ...elsewhere } });
  });
  const app = await openAppInChart(context, page, scope);
  await page.clock.pauseAt(new Date(Date.now() + 5_000));
  await sendDone(app);
  // This is a right response, but for its origin.
  await say(page, app, { messageId: "1", responseToMessageId: id, payload: { status: "success" } });
  await page.clock.runFor(9_900);
  assert.equal(await outcome(app), null);
  await page.clock.runFor(200);
  await until("the app stops waiting", async () => (await outcome(app)) === "timeout");
  assert.deepEqual(await received(page), []);
}, { more });

test("M4 without a scope for messages, or with a payload that is no object, nothing is sent", async ({ context, page }) => {
  await listen(page, false);
  const app = await openAppInChart(context, page, "launch openid patient/*.rs");
  const without = await app.evaluate(() => window.session.ehr.done().catch(({ code }) => code));
  assert.deepEqual([without, await received(page)], ["messaging_unavailable", []]);
  await page.getByRole("button", { name: "Log out" }).click();
  const allowed = await openAppInChart(context, page, scope);
  const refused = await allowed.evaluate(async () => {
    const { ehr } = window.session;
    const circular = {};
    circular.self = circular;
    const calls = [ehr.send("ui.done", "{}"), ehr.send("ui.done", []), ehr.send("ui.done", circular), ehr.launchActivity("a", null), ehr.done({ signal: AbortSignal.abort() })];
    return Promise.all(calls.map((call) => call.catch(({ code }) => code)));
  });
  assert.deepEqual(refused, [...Array(4).fill("invalid_configuration"), "aborted"]);
  assert.deepEqual(await received(page), []);
}, { more });
