// Connections that last, by a key of the browser's own: what is stored, a later visit, several tabs, and the end.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { home, removePageScript, withApp } from "./support/package.mjs";
import { isSignedBy, startRegistrar } from "./support/registrar.mjs";
import { everythingStored, exportKeys, storedBeyondTheTab } from "./support/storage.mjs";

const options = { bypassCSP: true };

/** Opens the plain page, without a script of its own. */
async function open(context) {
  await removePageScript(context);
  const page = await context.newPage();
  await page.goto(home);
  return page;
}

/** Launches with `keep` and comes back, as after the patient has allowed everything. Returns what the session says. */
async function connect(page, { config }) {
  const url = await withApp(page, config, "({ app }) => app.authorizationUrl({ keep: true })");
  await page.goto(`${home}?code=the-code&state=${new URL(url).searchParams.get("state")}`);
  return withApp(page, config, async ({ app }) => {
    const session = await app.resume();
    const { birthDate } = await session.patient.read();
    await session.labelConnection("Ada");
    return { kept: session.kept, notKept: session.notKept, birthDate };
  });
}

/** A later visit: the tab of the first is closed, and another one opened. */
async function visitLater(context) {
  for (const page of context.pages()) await page.close();
  return open(context);
}

const openFirst = async ({ app }) => {
  const [connection] = await app.connections();
  const session = await connection.open();
  const { birthDate } = await session.patient.read();
  return { label: connection.label, kept: session.kept, birthDate, patient: session.patient.id };
};

test("N1 N6 N11 a patient connects once, and the next visit needs one request and no redirect", async ({ context }) => {
  const server = await startRegistrar();
  const page = await open(context);
  assert.deepEqual(await connect(page, server), { kept: true, notKept: undefined, birthDate: "1970-02-03" });
  const [registration] = server.registrations();
  assert.deepEqual(Object.keys(registration).sort(), ["jwks", "software_id"]);
  const [, form] = server.forms();
  assert.ok(isSignedBy(registration, form.assertion));
  assert.deepEqual([form.client_id, form.client_assertion, form.client_secret], ["own-1", undefined, undefined]);

  const later = await visitLater(context);
  const before = server.received.length;
  const visited = await withApp(later, server.config, openFirst);
  assert.deepEqual(visited, { label: "Ada", kept: true, birthDate: "1970-02-03", patient: "the-patient" });
  const sent = server.received.slice(before).filter(({ method }) => method !== "OPTIONS").map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(sent, ["POST /token", "GET /fhir/Patient/the-patient"]);
  assert.equal(later.url(), home);
}, options);

test("N4 N10 between visits, no storage has a token, the patient or health data", async ({ context }) => {
  for (const registersAll of [false, true]) {
    const server = await startRegistrar({ registersAll });
    const page = await open(context);
    assert.equal((await connect(page, server)).kept, true);
    const stored = await everythingStored(page);
    assert.ok(!stored.includes("initial-token") && !stored.includes("refresh-token"), stored);
    const device = await storedBeyondTheTab(await visitLater(context));
    assert.ok(device.includes("own-1") && device.includes("Ada"), device);
    for (const secret of ["own-token", "refresh-token", "initial-token", "management-token", "the-patient", "1970-02-03"]) {
      assert.ok(!device.includes(secret), `${secret} is in ${device}`);
    }
  }
}, options);

test("N3 N15 no script can export the keys of a connection", async ({ context }) => {
  const server = await startRegistrar();
  const page = await open(context);
  await connect(page, server);
  const { count, extractable, outcomes } = await exportKeys(page);
  assert.deepEqual([count, extractable], [2, false]);
  assert.deepEqual([...new Set(outcomes)], ["InvalidAccessError"]);
}, options);

test("N6 two tabs that open a connection at once send one token request", async ({ context }) => {
  const server = await startRegistrar();
  await connect(await open(context), server);
  const first = await visitLater(context);
  const second = await open(context);
  const before = server.forms().length;
  const visits = await Promise.all([first, second].map((page) => withApp(page, server.config, openFirst)));
  assert.deepEqual(visits.map(({ birthDate }) => birthDate), ["1970-02-03", "1970-02-03"]);
  assert.equal(server.forms().length, before + 1);
}, options);

test("N14 a connection that is removed ends in every tab, and nothing of it stays on the device", async ({ context }) => {
  const server = await startRegistrar({ registersAll: true });
  const first = await open(context);
  await connect(first, server);
  const second = await open(context);
  const ended = withApp(second, server.config, async ({ app }) => {
    const [connection] = await app.connections();
    const session = await connection.open();
    const ended = new Promise((resolve) => session.addEventListener("signedout", ({ detail }) => resolve(detail.code)));
    document.title = "open";
    return ended;
  });
  await second.waitForFunction(() => document.title === "open");
  const outcome = await withApp(first, server.config, async ({ app }) => {
    const [connection] = await app.connections();
    return connection.disconnect();
  });
  assert.deepEqual([outcome.revocation, outcome.deletion], ["revoked", "deleted"]);
  assert.equal(await ended, "signed_out");
  const [deletion] = server.requests("/clients/own-1");
  assert.deepEqual([deletion.method, deletion.headers.authorization], ["DELETE", "Bearer management-token-own-1"]);
  const device = await storedBeyondTheTab(first);
  assert.ok(!device.includes("own-1") && !device.includes("Ada"), device);
  assert.deepEqual(await exportKeys(first), { count: 0, extractable: false, outcomes: [] });
}, options);

test("N12 launchAgain() keeps the new connection only if the app says so, for the same patient", async ({ context }) => {
  const server = await startRegistrar();
  const page = await open(context);
  await connect(page, server);
  for (const [options, isKept] of [[{ keep: true }, true], [{}, false]]) {
    await page.goto(home);
    const left = page.waitForURL((url) => url.pathname === "/authorize");
    // The call navigates away from the page in which it runs.
    const body = `async ({ app }) => app.launchAgain(await app.resume(), ${JSON.stringify(options)})`;
    withApp(page, server.config, body).catch(() => {});
    await left;
    const scope = new URL(page.url()).searchParams.get("scope");
    assert.equal(scope.includes("system/DynamicClient.register"), isKept, scope);
    assert.ok(scope.includes("launch/patient"), scope);
  }
  await page.goto(home);
  const code = await withApp(page, server.config, "async ({ app }) => app.launchAgain(await app.resume(), { keep: 7 }).catch(({ code }) => code)");
  assert.equal(code, "invalid_configuration");
}, options);

test("N13 a connection whose key was deleted says so and is removed", async ({ context }) => {
  const server = await startRegistrar();
  const page = await open(context);
  await connect(page, server);
  const later = await visitLater(context);
  await later.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const opening = indexedDB.open("smartrust-device");
      opening.onsuccess = () => resolve(opening.result);
    });
    const store = database.transaction("keys", "readwrite").objectStore("keys");
    const keys = store.getAllKeys();
    keys.onsuccess = () => keys.result.filter((name) => name.startsWith("key.")).forEach((name) => store.delete(name));
    await new Promise((resolve) => (store.transaction.oncomplete = resolve));
    database.close();
  });
  const before = server.received.length;
  const outcome = await withApp(later, server.config, async ({ app }) => {
    const [connection] = await app.connections();
    const code = await connection.open().catch((error) => error.code);
    return { code, left: (await app.connections()).length };
  });
  assert.deepEqual(outcome, { code: "key_missing", left: 0 });
  assert.equal(server.received.length, before);
}, options);

test("N1 N16 where a connection cannot be kept, the launch rejects and the page stays", async ({ context }) => {
  const server = await startRegistrar();
  const page = await open(context);
  const { softwareId: _, ...unconfigured } = server.config;
  const refused = (config) => withApp(page, config, "({ app }) => app.launch({ keep: true }).catch(({ code }) => code)");
  assert.equal(await refused(unconfigured), "keep_unsupported");
  await page.goto(`${home}?iss=${encodeURIComponent(server.config.fhirBase)}&launch=abc`);
  assert.equal(await refused(server.config), "keep_unsupported");
  // The package may request the configuration while it loads.
  assert.deepEqual(server.received.filter(({ path }) => !path.includes(".well-known")), []);
  assert.ok(page.url().startsWith(home));
}, options);

test("smartrust/launch refuses keep with a typed error", async ({ context }) => {
  const page = await open(context);
  const code = await page.evaluate(async () => {
    const { SmartApp } = await import("/pkg/launch.js");
    const config = { fhirBase: "https://ehr.example/fhir", clientId: "app", scope: "launch", softwareId: "software" };
    return new SmartApp(config).launch({ keep: true }).catch((error) => error.code);
  });
  assert.equal(code, "invalid_configuration");
}, options);
