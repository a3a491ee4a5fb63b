// The second WebAssembly file, which holds what most pages never ask for.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { emptyHome, home, server, signIn, withApp, withSession } from "./support/package.mjs";
import { appOrigin, iss } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const file = `${appOrigin}/pkg/wasm/smartrust_lazy.wasm`;

/** Signs in, and leaves an empty page behind that has the session. */
async function signInAndEmpty(page, context) {
  await signIn(page);
  await emptyHome(context);
  await page.reload();
}

test("a page that launches, comes back, reads and searches loads one WebAssembly file", async ({ page, context, traffic }) => {
  await signInAndEmpty(page, context);
  const seen = await withSession(page, async ({ session }) => {
    const { id } = await session.patient.read({ headers: { "X-Asked-By": "a test" } });
    const { resourceType } = await session.capabilities();
    const found = await session.patient.search("Condition", undefined, { limit: 1 }).toArray();
    return { id: typeof id, resourceType, found: found.length };
  });
  assert.deepEqual(seen, { id: "string", resourceType: "CapabilityStatement", found: 1 });
  assert.equal(traffic.to(file).length, 0);
});

test("a page that stays loads the second WebAssembly file before it needs it to refresh", async ({ page, context, traffic }) => {
  await signInAndEmpty(page, context);
  await page.clock.install();
  await withSession(page, ({ session }) => session.patient.read());
  await page.clock.fastForward(19_000);
  assert.equal(traffic.to(file).length, 0);
  await page.clock.fastForward(2_000);
  await until("the file is asked for", () => traffic.to(file).length === 1);
});

test("R4 a session stands that cannot be refreshed because the second WebAssembly file cannot be reached, and is refreshed when it can", async ({ page, context }) => {
  await signInAndEmpty(page, context);
  await context.route(file, (route) => route.abort());
  const told = await withSession(page, async ({ session }) => {
    window.kept = session;
    const { code, message } = await session.refresh().catch((error) => error);
    return { code, message, active: session.active, canRefresh: session.canRefresh };
  });
  assert.deepEqual(told, {
    code: "wasm_unavailable",
    message:
      "A part of this client's own code could not be loaded: check the connection and that smartrust_lazy.wasm is served, or reload the page.",
    active: true,
    canRefresh: true,
  });
  await context.unroute(file);
  assert.equal(await page.evaluate(() => window.kept.refresh()), undefined);
});

test("S2 where the second WebAssembly file cannot be reached, signing out forgets the session all the same", async ({ page, context }) => {
  await signInAndEmpty(page, context);
  await context.route(file, (route) => route.abort());
  const seen = await withSession(page, async ({ app, session }) => {
    const { revocation, error } = await session.signOut();
    return { revocation, code: error.code, active: session.active, stored: Object.keys(sessionStorage), again: await app.resume() };
  });
  assert.deepEqual(seen, { revocation: "failed", code: "wasm_unavailable", active: false, stored: [], again: null });
});

test("R10 a session that has run out and cannot be refreshed says so without the second WebAssembly file", async ({ page, context, traffic }) => {
  await signInAndEmpty(page, context);
  await page.evaluate(() => {
    const key = Object.keys(sessionStorage).find((name) => name.startsWith("smartrust.session."));
    const { refreshToken, ...record } = JSON.parse(sessionStorage[key]);
    if (!refreshToken) throw new Error("The session has no refresh token to take away.");
    sessionStorage[key] = JSON.stringify({ ...record, expiresAt: 1 });
  });
  const told = await withSession(page, async ({ session }) => {
    const asked = [() => session.patient.read(), () => session.refresh()];
    return Promise.all(asked.map((ask) => ask().catch(({ code, section, message }) => ({ code, section, message }))));
  });
  const expired = {
    code: "session_expired",
    section: "RFC 6749 section 6",
    message: "The session has run out and cannot be refreshed: launch again.",
  };
  assert.deepEqual(told, [expired, expired]);
  assert.equal(traffic.to(file).length, 0);
});

test("D2 where neither the server nor the second WebAssembly file can be reached, a launch tells what it asked for", async ({ page, context }) => {
  await emptyHome(context);
  await page.goto(home);
  await context.route(file, (route) => route.abort());
  await context.route(`${iss}/.well-known/**`, (route) => route.abort());
  const told = await withApp(page, { server }, ({ app }) => app.launch().catch(({ code, section, message }) => ({ code, section, message })));
  assert.equal(told.code, "discovery_failed");
  assert.equal(told.section, "SMART App Launch 2.2, conformance");
  assert.ok(told.message.includes(`${iss}/.well-known/smart-configuration: `), told.message);
});

test("an error keeps its code and details where its words cannot be loaded, and has both where they can", async ({ page, context }) => {
  await signInAndEmpty(page, context);
  await context.route(file, (route) => route.abort());
  const told = await withSession(page, async ({ session }) => {
    window.kept = session;
    const { name, code, status, operationOutcome, message } = await session.read("Patient/another").catch((error) => error);
    return [name, code, status, operationOutcome.resourceType, message];
  });
  assert.deepEqual(told, ["SmartError", "forbidden", 403, "OperationOutcome", "forbidden: the words for it are not loaded."]);
  await context.unroute(file);
  const worded = await page.evaluate(() => window.kept.read("Patient/another").catch(({ code, message }) => [code, message]));
  assert.equal(worded[0], "forbidden");
  assert.match(worded[1], /answered with status 403/);
});

test("the second WebAssembly file is loaded at the first use, once", async ({ page, context, traffic }) => {
  await signInAndEmpty(page, context);
  const seen = await withSession(page, async ({ app, session }) => {
    const [refused, resolved, [part], sessions, introspection] = await Promise.all([
      session.create({ resourceType: "Basic" }).catch(({ status }) => status),
      session.resolver().resolve(session.patient.reference),
      session.loadRecord({ queries: ["Condition"] }),
      app.sessions(),
      session.introspect(),
    ]);
    return [refused, resolved.id === session.patient.id, part.state, sessions.length, introspection.active];
  });
  assert.deepEqual(seen, [405, true, "complete", 1, true]);
  assert.equal(traffic.to(file).length, 1);
});

const failures = {
  "cannot be reached": (route) => route.abort(),
  "is missing on the server": (route) => route.fulfill({ status: 404, contentType: "text/html", body: "<h1>Not found</h1>" }),
  "is of another build": async (route) => {
    const response = await route.fetch();
    const bytes = (await response.body()).toString("latin1");
    await route.fulfill({ response, body: Buffer.from(bytes.replaceAll(/[0-9a-f]{16}/g, "0".repeat(16)), "latin1") });
  },
};

for (const [how, fail] of Object.entries(failures)) {
  test(`where the second WebAssembly file ${how}, each call says so, and the next one tries again`, async ({ page, context, traffic }) => {
    await signInAndEmpty(page, context);
    await context.route(file, fail);
    const told = await withSession(page, async ({ session }) => {
      const batcher = session.batcher();
      const calls = [session.introspect(), session.resolver().resolve("Patient/1"), session.loadRecord(), batcher.read("Patient/1")];
      batcher.flush();
      const outcomes = await Promise.all(calls.map((call) => call.catch((error) => error)));
      window.kept = session;
      return outcomes.map(({ name, code, message }) => [name, code, message.includes("smartrust_lazy.wasm")]);
    });
    assert.deepEqual(told, Array(4).fill(["SmartError", "wasm_unavailable", true]));
    assert.equal(traffic.to(file).length, 1, "those who ask at once share an attempt");
    await context.unroute(file);
    const active = await page.evaluate(async () => (await window.kept.introspect()).active);
    assert.equal(active, true);
    assert.equal(traffic.to(file).length, 2);
  });
}

test("where the second WebAssembly file cannot be reached, a window that was opened for a launch is closed again", async ({ page, context }) => {
  await signInAndEmpty(page, context);
  await context.route(file, (route) => route.abort());
  const [opened, code] = await Promise.all([
    page.waitForEvent("popup"),
    withSession(page, ({ app }) => app.launchInPopup().catch(({ code }) => code)),
  ]);
  assert.equal(code, "wasm_unavailable");
  if (!opened.isClosed()) await opened.waitForEvent("close");
});
