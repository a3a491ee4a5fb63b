// Medplum's FHIRcast client as a second app at the sandbox's hub: both apps were opened from the same chart.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { test } from "../e2e/support/browser.mjs";
import { more, openApp } from "../e2e/support/hub-app.mjs";
import { appOrigin, ehr } from "../e2e/support/servers.mjs";
import { until } from "../e2e/support/wait.mjs";

const scope = "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.*";
const exported = 'export { FhircastConnection, MedplumClient } from "@medplum/core";';
const resolveDir = fileURLToPath(new URL(".", import.meta.url));
const bundle = await build({ stdin: { contents: exported, resolveDir }, bundle: true, format: "esm", platform: "browser", write: false });
const [{ text: script }] = bundle.outputFiles;

/** Our app, which asks `decide` about each event, and has subscribed. */
async function openOurs(context, page, decide) {
  const ours = await openApp(context, page, { scope });
  await ours.evaluate(`(async () => {
    const decide = ${decide};
    window.log = [];
    for (const type of ["statechange", "viewchange", "notfollowed"]) {
      window.session.hub.addEventListener(type, ({ detail }) => window.log.push([type, detail?.state ?? detail]));
    }
    const onEvent = (event) => {
      window.log.push(["event", { patient: event.patient, id: event.id, subject: event.subject?.id }]);
      return decide(event, window.hub);
    };
    await window.session.hub.subscribe({ events: ["Patient-open", "Patient-close"], name: "Ours", onEvent });
  })()`);
  return ours;
}

/** Medplum's client with the token and the topic of a launch of its own, connected. Its events are `window.log`, and `sent` are its replies. */
async function openMedplum(context, page, traffic) {
  const launches = traffic.tokenRequests("authorization_code").length;
  const theirs = await openApp(context, page, { scope, isLoggedIn: true });
  const response = await traffic.tokenRequests("authorization_code")[launches].response();
  await context.route(`${appOrigin}/medplum.js`, (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  const sent = [];
  theirs.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(JSON.parse(payload))));
  await theirs.evaluate(async (tokens) => {
    const { MedplumClient } = await import("/medplum.js");
    const medplum = new MedplumClient({
      baseUrl: new URL("/", tokens["hub.url"]).href,
      fhircastHubUrl: tokens["hub.url"],
      accessToken: tokens.access_token,
      extendedMode: false,
      // It would send cookies, which the hub's cross-origin rules forbid.
      fetch: (url, options) => fetch(url, { ...options, credentials: "omit" }),
    });
    const topic = tokens["hub.topic"];
    const subscription = await medplum.fhircastSubscribe(topic, ["Patient-open", "Patient-close", "syncerror"]);
    const connection = medplum.fhircastConnect(subscription);
    Object.assign(window, { medplum, topic, subscription, connection, log: [] });
    connection.addEventListener("message", ({ payload }) => window.log.push(payload));
    connection.addEventListener("disconnect", () => window.log.push("disconnect"));
    await new Promise((resolve) => connection.addEventListener("connect", resolve));
  }, await response.json());
  return { theirs, sent };
}

/** The events that Medplum got, with a name in this upper and lower case. */
const received = (theirs, name) => theirs.evaluate((name) => window.log.filter(({ event }) => event?.["hub.event"] === name), name);
const logOf = (ours, type) => ours.evaluate((type) => window.log.filter(([name]) => name === type).map(([, detail]) => detail), type);
const publish = (theirs, name, context) => theirs.evaluate(([name, context]) => window.medplum.fhircastPublish(window.topic, name, context), [name, context]);
const patient = (id) => ({ key: "patient", resource: { resourceType: "Patient", id } });
const follow = "(event, { follow }) => follow";
const stay = '({ patient }, { follow, refuse }) => (patient === "other" ? refuse("The user stays.") : follow)';

test("X15 an event of ours reaches Medplum, whose reply without a status counts as 200", async ({ context, page, traffic }) => {
  const ours = await openOurs(context, page, follow);
  const { theirs, sent } = await openMedplum(context, page, traffic);
  const id = await ours.evaluate(async () => {
    const patient = await window.session.patient.read();
    await window.session.hub.open("Patient-open", [{ key: "patient", resource: patient }]);
    await window.session.hub.close("Patient-close", [{ key: "patient", resource: patient }]);
    return patient.id;
  });
  await until("Medplum has the event that closes", async () => (await received(theirs, "Patient-close")).length === 1);
  const opened = (await received(theirs, "Patient-open")).at(-1);
  assert.equal(opened.event.context[0].resource.id, id);
  assert.match(opened.timestamp, /Z$/);
  await until("Medplum has replied", () => sent.some((reply) => reply.id === opened.id));
  // FHIRcast 3 requires a status in a reply. This hub takes a reply without one as 200, so nobody hears that Medplum did not follow.
  assert.deepEqual(Object.keys(sent.find((reply) => reply.id === opened.id)).sort(), ["id", "timestamp"]);
  assert.deepEqual(await logOf(ours, "notfollowed"), []);
}, { more });

test("X7 X11 an event of Medplum locks our view, and our refusal reaches Medplum as a SyncError", async ({ context, page, traffic }) => {
  const ours = await openOurs(context, page, stay);
  const { theirs } = await openMedplum(context, page, traffic);
  await publish(theirs, "Patient-open", patient("2"));
  await ours.waitForFunction(() => window.session.hub.state === "behind");
  const log = await ours.evaluate(() => window.log.map(([type, detail]) => `${type} ${detail?.patient ?? detail}`));
  const [locked, asked] = [log.indexOf("viewchange locked"), log.indexOf("event other")];
  assert.ok(locked >= 0 && locked < asked, log.join(", "));
  await until("Medplum has the SyncError", async () => (await received(theirs, "SyncError")).length === 1);
  const [{ event }] = await received(theirs, "SyncError");
  const { coding } = event.context[0].resource.issue[0].details;
  const code = (kind) => coding.find(({ system }) => system.endsWith(`/${kind}`)).code;
  const [about] = await logOf(ours, "event").then((events) => events.filter(({ patient }) => patient === "other"));
  assert.deepEqual([code("eventid"), code("eventname"), code("subscriber")], [about.id, "Patient-open", "Ours"]);

  // Medplum returns to our patient.
  const own = await ours.evaluate(() => window.session.patient.id);
  await publish(theirs, "Patient-open", patient(own));
  await ours.waitForFunction(() => window.session.hub.state === "synced" && window.session.hub.view.state === "open");
  await publish(theirs, "Patient-close", patient(own));
  await ours.waitForFunction(() => window.session.hub.view.state === "nothing");
}, { more });

test("X14 Medplum's syncerror, in lower case, is reported with its subscriber, and our event is repeated", async ({ context, page, traffic }) => {
  await page.clock.install();
  const ours = await openOurs(context, page, follow);
  const { theirs } = await openMedplum(context, page, traffic);
  await ours.evaluate(async () => window.session.hub.open("Patient-open", [{ key: "patient", resource: await window.session.patient.read() }]));
  const opened = async () => received(theirs, "Patient-open");
  const own = (await opened()).at(-1);
  const count = (await opened()).length;
  const coding = (kind, value) => ({ system: `https://fhircast.hl7.org/events/syncerror/${kind}`, code: value });
  const details = { coding: [coding("eventid", own.id), coding("eventname", "Patient-open"), coding("subscriber", "<b>Medplum</b>")] };
  const issue = { severity: "warning", code: "processing", diagnostics: "The images are open elsewhere.", details };
  await publish(theirs, "syncerror", { key: "operationoutcome", resource: { resourceType: "OperationOutcome", id: "1", issue: [issue] } });
  await ours.waitForFunction(() => window.log.some(([type]) => type === "notfollowed"));
  assert.deepEqual(await logOf(ours, "notfollowed"), [
    { subscriber: "<b>Medplum</b>", eventId: own.id, eventName: "Patient-open", diagnostics: "The images are open elsewhere." },
  ]);
  await page.clock.runFor(10_000);
  await until("our event is repeated", async () => (await opened()).length === count + 1);
  assert.deepEqual((await opened()).at(-1), own);
}, { more });

test("X16 both read the same current context", async ({ context, page, traffic }) => {
  const ours = await openOurs(context, page, follow);
  const { theirs } = await openMedplum(context, page, traffic);
  await page.goto(`${ehr}?f=chart&pat_id=3`);
  await until("Medplum has the event", async () => (await received(theirs, "Patient-open")).at(-1)?.event.context[0].resource.id === "3");
  const their = await theirs.evaluate(() => window.medplum.fhircastGetContext(window.topic));
  const our = await ours.evaluate(() => window.session.hub.current());
  assert.equal(their["context.type"], "Patient");
  assert.deepEqual([our.resourceType, our.version, our.context], ["Patient", their["context.versionId"], their.context]);
}, { more });

test("X17 Medplum unsubscribes with another name for the endpoint, which FHIRcast 3 does not know, but can disconnect", async ({ context, page, traffic }) => {
  const ours = await openOurs(context, page, follow);
  const { theirs } = await openMedplum(context, page, traffic);
  const [sent] = await Promise.all([
    theirs.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/hub")),
    theirs.evaluate(() => window.medplum.fhircastUnsubscribe(window.subscription).then(() => "done", () => "refused")).then((outcome) => assert.equal(outcome, "refused")),
  ]);
  const form = new URLSearchParams(sent.postData());
  assert.deepEqual([form.get("hub.mode"), form.has("endpoint"), form.has("hub.channel.endpoint")], ["unsubscribe", true, false]);
  await theirs.evaluate(() => window.connection.disconnect());
  await until("Medplum is disconnected", () => theirs.evaluate(() => window.log.includes("disconnect")));
  // Ours goes on, and nobody is told that Medplum did not follow.
  await ours.evaluate(async () => window.session.hub.open("Patient-open", [{ key: "patient", resource: await window.session.patient.read() }]));
  assert.deepEqual(await logOf(ours, "notfollowed"), []);
}, { more });
