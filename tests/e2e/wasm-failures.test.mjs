// When WebAssembly fails in a page, every pending promise is rejected.

import assert from "node:assert/strict";
import { startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import { home, signIn, withSession } from "./support/package.mjs";

const failed = "SmartError internal_error true true";

/** Defines helper functions in the page. */
const prepare = (page) =>
  page.evaluate(() => {
    /** Grows the memory until the engine refuses. */
    window.exhaust = (memory) => {
      for (let pages = 32768; pages >= 1; pages /= 2) {
        try {
          for (;;) memory.grow(pages);
        } catch {}
      }
    };
    /** Waits for a promise, and describes its outcome. */
    window.outcomeOf = (promise) =>
      Promise.resolve(promise).then(
        () => "fulfilled",
        (error) => [error.name, error.code, /reload the page.*report it/s.test(error.message), error.cause !== undefined].join(" "),
      );
  });

test("S11 running out of memory during an export rejects every pending promise and every later call", async ({ page }) => {
  const silence = () => new Promise(() => {});
  const json = (body) => ({ body: JSON.stringify(body) });
  const server = await startAttacker({
    "/fhir/.well-known/smart-configuration": () => json({ token_endpoint: `${server.origin}/token` }),
    "/token": () => json({ access_token: "t", token_type: "bearer", expires_in: 300 }),
    "/small": () => json({ requiresAccessToken: true, output: [{ type: "Patient", url: `${server.origin}/silent` }] }),
    "/large": () => json({ requiresAccessToken: true, output: [], extension: { padding: "x".repeat(30_000_000) } }),
    "/silent": silence,
    "/fhir/Group/1": silence,
  });
  await page.goto(home);
  await prepare(page);
  const result = await page.evaluate(async (origin) => {
    const { BackendClient, Keys, ready } = await import("/pkg/backend.js");
    await ready();
    const { memory } = await (await import("/pkg/wasm-backend/backend.js")).default();
    const client = new BackendClient({ fhirBase: `${origin}/fhir`, clientId: "s", clientSecret: "s", scope: "system/*.rs" });
    const reading = client.read("Group/1");
    const controller = new AbortController();
    const iterating = (await client.exportAt(`${origin}/small`)).batches({ signal: controller.signal }).next();
    const job = await client.exportAt(`${origin}/large`);
    exhaust(memory);
    const pending = await Promise.all([job.wait(), reading, iterating].map(outcomeOf));
    controller.abort();
    return [...pending, ...(await Promise.all([client.read("Group/1"), job.wait(), Keys.names()].map(outcomeOf)))];
  }, server.origin);
  assert.deepEqual(result, [failed, failed, failed, failed, failed, failed]);
}, { bypassCSP: true });

test("S11 an exception that passes through WebAssembly rejects a session's calls with internal_error", async ({ page }) => {
  await signIn(page);
  await prepare(page);
  const result = await withSession(page, async ({ app, session, SmartError }) => {
    const { fetch } = globalThis;
    // A replacement for fetch: one request never ends, and the other gets an object that is not a Response.
    globalThis.fetch = async (url) => (String(url).includes("Observation") ? new Promise(() => {}) : {});
    const searching = session.search("Observation").toArray();
    const pending = await Promise.all([session.read("Patient/1"), searching].map(outcomeOf));
    globalThis.fetch = fetch;
    const later = await Promise.all([(async () => session.patient.read())(), session.read("Patient/1"), app.sessions()].map(outcomeOf));
    const error = await session.read("Patient/1").catch((error) => error);
    return { pending, later, isOne: error instanceof SmartError };
  });
  assert.deepEqual(result.pending, [failed, failed]);
  assert.deepEqual(result.later, [failed, failed, failed]);
  assert.ok(result.isOne);
});

test("S11 a page whose WebAssembly has failed releases its locks", async ({ page }) => {
  await signIn(page);
  await prepare(page);
  const result = await withSession(page, async ({ session }) => {
    const held = async () => (await navigator.locks.query()).held.map(({ name }) => name);
    const { fetch } = globalThis;
    let sent;
    const isSent = new Promise((resolve) => (sent = resolve));
    // A refresh gets no response, and a read gets an object that is not a Response.
    globalThis.fetch = async (url, init) => {
      if (String(url).includes("/Patient/")) return {};
      if (init?.method !== "POST") return fetch(url, init);
      sent();
      return new Promise(() => {});
    };
    const refreshing = session.refresh();
    await isSent;
    const before = await held();
    const outcomes = await Promise.all([session.read("Patient/1"), refreshing].map(outcomeOf));
    globalThis.fetch = fetch;
    // The next request for the lock succeeds.
    await navigator.locks.request(before[0], () => {});
    return { before: before.length, outcomes, after: await held() };
  });
  assert.deepEqual(result, { before: 1, outcomes: [failed, failed], after: [] });
});
