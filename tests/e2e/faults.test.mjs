// What becomes of whoever waits in a page when WebAssembly fails: nobody waits for ever.

import assert from "node:assert/strict";
import { startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import { home, signIn, withSession } from "./support/package.mjs";

const ended = "SmartError internal_error true true";

/** Puts into the page what a test does there. */
const prepare = (page) =>
  page.evaluate(() => {
    /** Takes all the memory that an instance can have. */
    window.exhaust = (memory) => {
      for (let pages = 32768; pages >= 1; pages /= 2) {
        try {
          for (;;) memory.grow(pages);
        } catch {}
      }
    };
    /** How something ends, and that it does. */
    window.outcomeOf = (promise) =>
      Promise.resolve(promise).then(
        () => "fulfilled",
        (error) => [error.name, error.code, /reload the page.*report it/s.test(error.message), error.cause !== undefined].join(" "),
      );
  });

test("S11 no memory in the middle of an export rejects every promise that waits, and every later call", async ({ page }) => {
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
  const seen = await page.evaluate(async (origin) => {
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
  assert.deepEqual(seen, [ended, ended, ended, ended, ended, ended]);
}, { bypassCSP: true });

test("S11 an exception that goes through WebAssembly ends a session's calls with internal_error", async ({ page }) => {
  await signIn(page);
  await prepare(page);
  const seen = await withSession(page, async ({ app, session, SmartError }) => {
    const { fetch } = globalThis;
    // A stand-in of the page's own: one request never ends, and what comes to the other is no response.
    globalThis.fetch = async (url) => (String(url).includes("Observation") ? new Promise(() => {}) : {});
    const searching = session.search("Observation").toArray();
    const pending = await Promise.all([session.read("Patient/1"), searching].map(outcomeOf));
    globalThis.fetch = fetch;
    const later = await Promise.all([(async () => session.patient.read())(), session.read("Patient/1"), app.sessions()].map(outcomeOf));
    const error = await session.read("Patient/1").catch((error) => error);
    return { pending, later, isOne: error instanceof SmartError };
  });
  assert.deepEqual(seen.pending, [ended, ended]);
  assert.deepEqual(seen.later, [ended, ended, ended]);
  assert.ok(seen.isOne);
});

test("S11 a page whose WebAssembly has failed keeps no lock from other pages", async ({ page }) => {
  await signIn(page);
  await prepare(page);
  const seen = await withSession(page, async ({ session }) => {
    const held = async () => (await navigator.locks.query()).held.map(({ name }) => name);
    const { fetch } = globalThis;
    let asked;
    const isAsked = new Promise((resolve) => (asked = resolve));
    // The server never answers a refresh, and what comes to a read is no response.
    globalThis.fetch = async (url, init) => {
      if (String(url).includes("/Patient/")) return {};
      if (init?.method !== "POST") return fetch(url, init);
      asked();
      return new Promise(() => {});
    };
    const refreshing = session.refresh();
    await isAsked;
    const before = await held();
    const ends = await Promise.all([session.read("Patient/1"), refreshing].map(outcomeOf));
    globalThis.fetch = fetch;
    // Whoever asks for it next gets it.
    await navigator.locks.request(before[0], () => {});
    return { before: before.length, ends, after: await held() };
  });
  assert.deepEqual(seen, { before: 1, ends: [ended, ended], after: [] });
});
