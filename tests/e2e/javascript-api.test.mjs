// The npm package's JavaScript API, called in a page as an app does.

import assert from "node:assert/strict";
import { PlainPage } from "./pages/plain.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { removePageScript, home, server, signIn, withApp, withSession } from "./support/package.mjs";
import { iss } from "./support/servers.mjs";

const { clientId, scope } = server;

test("the patient in context is an object that reads and searches, serializes as JSON, and converts to its id as a string", async ({ page, traffic }) => {
  await signIn(page);
  const result = await withSession(page, async ({ app, session }) => {
    const { patient } = session;
    const read = await patient.read();
    const found = await patient.search("Observation", { category: "vital-signs", _count: 5 }, { limit: 5 }).toArray();
    const [self] = await patient.search("Patient").toArray();
    return {
      data: JSON.parse(JSON.stringify(patient)),
      text: `${patient}`,
      reference: patient.reference,
      same: patient === session.patient,
      read: read.id,
      self: self.id,
      subjects: found.map(({ subject }) => subject.reference),
      user: session.fhirUser.reference,
      encounter: session.encounter,
      // Vue wraps plain objects in a proxy, which breaks private members. It recognizes them by this tag.
      tags: [app, session, patient].map((object) => Object.prototype.toString.call(object)),
    };
  });
  const { patient: id } = await traffic.tokenResponse("authorization_code");
  assert.deepEqual(result.data, { resourceType: "Patient", id });
  assert.deepEqual([result.text, result.reference, result.read, result.self], [id, `Patient/${id}`, id, id]);
  assert.ok(result.same);
  assert.equal(result.subjects.length, 5);
  assert.deepEqual(new Set(result.subjects.map((reference) => reference.split("/").at(-1))), new Set([id]));
  assert.match(result.user, /^Patient\//);
  assert.equal(result.encounter, undefined);
  assert.ok(!result.tags.includes("[object Object]"), String(result.tags));
});

test("D9 an app with trusted issuers launches by iss with the page as the redirect URI, and trusts no other issuer", async ({ page, traffic }) => {
  await signIn(page);
  const config = { clientId, scope, trustedIssuers: ["https://other.example/fhir", iss] };
  const unnamed = await withApp(page, config, "({ app }) => app.authorizationUrl().catch(({ code }) => code)");
  assert.equal(unnamed, "unknown_server", "with two servers, an iss is required");
  const chosen = new URL(await withApp(page, config, `({ app }) => app.authorizationUrl({ iss: ${JSON.stringify(iss)} })`));
  assert.equal(chosen.searchParams.get("aud"), iss);
  assert.equal(chosen.searchParams.get("redirect_uri"), home);
  const refused = await withApp(page, config, '({ app }) => app.launch({ iss: "https://evil.example/fhir" }).catch(({ code }) => code)');
  assert.equal(refused, "untrusted_issuer");
  assert.equal(traffic.to("https://evil.example").length, 0);
});

test("session events support once, signal and detail", async ({ page }) => {
  await signIn(page);
  const events = await withSession(page, async ({ session }) => {
    const events = [];
    const controller = new AbortController();
    const until = (type) => new Promise((resolve) => session.addEventListener(type, resolve, { once: true }));
    session.addEventListener("refreshed", ({ type, detail }) => events.push([type, detail]), { once: true });
    session.addEventListener("refreshed", () => events.push("after abort"), { signal: controller.signal });
    controller.abort();
    for (const _ of [1, 2]) {
      const refreshed = until("refreshed");
      await session.refresh();
      await refreshed;
    }
    const ended = until("signedout");
    await session.signOut();
    events.push((await ended).detail.code);
    return events;
  });
  assert.deepEqual(events, [["refreshed", null], "signed_out"]);
});

test("a disposed session object rejects calls, and the session and objects made from it still work", async ({ page }) => {
  await signIn(page);
  const result = await withSession(page, async ({ app, session }) => {
    const [resolver, { id, reference }] = [session.resolver(), session.patient];
    const search = session.patient.search("Condition", undefined, { limit: 1 });
    session[Symbol.dispose]();
    const { code } = await session.read("Patient/1").catch((error) => error);
    const resolved = await resolver.resolve(reference);
    const found = (await search.toArray()).length;
    const again = await app.resume();
    return { code, active: session.active, resolved: resolved.id === id, found, again: again !== session && again.active };
  });
  assert.deepEqual(result, { code: "disposed", active: false, resolved: true, found: 1, again: true });
});

test("errors of all exports of smartrust.min.js are instances of SmartError, and only instances of a subclass are instances of it", async ({ page }) => {
  await page.goto(home);
  const result = await page.evaluate(async () => {
    const { SmartError, register } = await import("/pkg/smartrust.min.js");
    class Own extends SmartError {}
    const error = await register({}).catch((reason) => reason);
    const own = new Own("own", "An app's own.");
    return [error.name, error instanceof SmartError, error instanceof Own, own instanceof Own, own instanceof SmartError, null instanceof SmartError];
  });
  assert.deepEqual(result, ["SmartError", true, false, true, true, false]);
});

test("launchAgain() requests other scopes from the session's server for the same patient", async ({ page }) => {
  await signIn(page);
  const leaving = page.waitForRequest((request) => new URL(request.url()).searchParams.has("code_challenge"));
  // The call navigates away from the page in which it runs.
  withSession(page, ({ app, session }) => app.launchAgain(session, { scope: "patient/Observation.rs" })).catch(() => {});
  const requested = new URL((await leaving).url()).searchParams;
  assert.equal(requested.get("scope"), "patient/Observation.rs launch/patient");
  assert.equal(requested.get("client_id"), clientId);
});

test("F10 simultaneous requests are sent as one batch, and each caller gets its own outcome", async ({ page, context }) => {
  await signIn(page);
  const batches = [];
  await context.route(iss, (route) => {
    const { entry } = route.request().postDataJSON();
    batches.push(entry.map(({ request }) => `${request.method} ${request.url}`));
    const responses = entry.map(({ request }) =>
      request.url === "Patient/absent"
        ? { response: { status: "404", outcome: { resourceType: "OperationOutcome", issue: [{ diagnostics: "gone" }] } } }
        : { response: { status: "200" }, resource: { resourceType: "Patient", id: request.url.split("/")[1] } },
    );
    return route.fulfill({
      headers: { "access-control-allow-origin": new URL(home).origin },
      contentType: "application/fhir+json",
      body: JSON.stringify({ resourceType: "Bundle", type: "batch-response", entry: responses }),
    });
  });
  const result = await withSession(page, async ({ session }) => {
    const batcher = session.batcher({ atMost: 3 });
    const reads = ["Patient/a", "Patient/absent", "Patient/b"].map((reference) => batcher.read(reference));
    const fourth = batcher.read("Patient/c");
    batcher.flush();
    const outcomes = await Promise.allSettled([...reads, fourth]);
    return outcomes.map(({ value, reason }) => value?.id ?? [reason.code, reason.status]);
  });
  assert.deepEqual(result, ["a", ["not_found", 404], "b", "c"]);
  assert.deepEqual(batches, [["GET Patient/a", "GET Patient/absent", "GET Patient/b"], ["GET Patient/c"]]);
});

/** Counts the decoded bytes of the GET responses from URLs for which `isCounted` returns true, after the page's own requests. */
async function countBodies(page, isCounted) {
  await new PlainPage(page).waitForCompletion();
  const bodies = [];
  page.on("response", (response) => {
    if (isCounted(response.url()) && response.request().method() === "GET") bodies.push(response.body());
  });
  return async () => (await Promise.all(bodies)).reduce((sum, { length }) => sum + length, 0);
}

test("F8 a search reports its progress in pages, resources, total and bytes", async ({ page }) => {
  await signIn(page);
  const countBytes = await countBodies(page, (url) => url.startsWith(iss));
  const { reports, total, count } = await withSession(page, async ({ session }) => {
    const reports = [];
    const options = { onProgress: (progress) => reports.push(progress), limit: 12 };
    let [total, count] = [0, 0];
    for await (const page of session.patient.search("Observation", { _count: 5 }, options).pages()) {
      total = page.total;
      count += page.resources.length;
    }
    return { reports, total, count };
  });
  assert.equal(count, 12);
  assert.deepEqual(reports.map(({ pages, resources }) => [pages, resources]), [[1, 5], [2, 10], [3, 12]]);
  assert.ok(total > 12 && reports.every((progress) => progress.total === total), String(total));
  assert.equal(reports[2].bytes, await countBytes());
});

test("F11 the whole record is loaded in one part for each type, with progress until the end", async ({ page }) => {
  await signIn(page, { deny: ["Immunization"] });
  const countBytes = await countBodies(page, (url) => url.startsWith(`${iss}/`) && !/metadata|well-known/.test(url));
  const { parts, last, count } = await withSession(page, async ({ session }) => {
    let [last, count] = [null, 0];
    const parts = await session.loadWholeRecord({ onProgress: (progress) => ((last = progress), (count += 1)) });
    await new Promise((resolve) => setTimeout(resolve));
    return { parts: parts.map(({ resourceType, state, resources }) => [resourceType, state, resources.length]), last, count };
  });
  const states = Object.fromEntries(parts.map(([type, state]) => [type, state]));
  assert.equal(states.Immunization, "notgranted");
  assert.equal(states.Observation, "complete");
  assert.ok(count > parts.length / 2, `${count} reports of progress`);
  assert.equal(last.done, parts.length);
  assert.equal(last.resources, parts.reduce((sum, [, , found]) => sum + found, 0));
  assert.equal(last.bytes, await countBytes());
});

test("F11 a type that the server only lists by category is reported with the requested categories", async ({ page }) => {
  await signIn(page);
  const categories = [];
  await page.route(`${iss}/Observation?*`, (route) => {
    const category = new URL(route.request().url()).searchParams.get("category");
    if (category === null) {
      const headers = { "access-control-allow-origin": new URL(home).origin };
      return route.fulfill({ status: 400, headers, body: JSON.stringify({ resourceType: "OperationOutcome", issue: [] }) });
    }
    categories.push(category);
    return route.continue();
  });
  const [part] = await withSession(page, ({ session }) => session.loadRecord({ queries: ["Observation"] }));
  assert.equal(part.state, "bycategory");
  assert.ok(part.resources.length > 0 && part.categories.includes("laboratory"), JSON.stringify(part.categories));
  assert.deepEqual(categories.toSorted(), part.categories.toSorted());
});

test("D1 a launch requests the configuration of a trusted server once, while the WebAssembly is loading", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await page.goto(home);
  const wellKnown = `${iss}/.well-known/smart-configuration`;
  let release;
  const requested = new Promise((resolve) => (release = resolve));
  context.on("request", (request) => request.url() === wellKnown && release());
  await page.route("**/smartrust_bg.wasm", async (route) => {
    await requested;
    await route.continue();
  });
  const left = await withApp(page, { server }, "({ app }) => (app.launch(), new Promise(() => {}))").catch(() => page.url());
  await page.getByLabel("User name").waitFor();
  assert.equal(traffic.to(wellKnown).length, 1, String(left));
});

test("D9 a launch link of an untrusted server causes no request, not even while the WebAssembly is loading", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await page.goto(`${home}?iss=https://evil.example/fhir&launch=1`);
  const code = await withApp(page, { server }, "({ app }) => app.launch().catch(({ code }) => code)");
  assert.equal(code, "untrusted_issuer");
  assert.equal(traffic.to("https://evil.example").length + traffic.to(`${iss}/.well-known`).length, 0);
});
