// The npm package's face, called from a page as its user calls it.

import assert from "node:assert/strict";
import { PlainPage } from "./pages/plain.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { removePageScript, home, server, signIn, withApp, withSession } from "./support/package.mjs";
import { iss } from "./support/servers.mjs";

const { clientId, scope } = server;

test("the patient in context is an object that reads, searches, and is data in JSON and its id in a text", async ({ page, traffic }) => {
  await signIn(page);
  const seen = await withSession(page, async ({ app, session }) => {
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
      // What Vue wraps in a proxy, which private members do not survive, is known by this.
      tags: [app, session, patient].map((object) => Object.prototype.toString.call(object)),
    };
  });
  const { patient: id } = await traffic.tokenResponse("authorization_code");
  assert.deepEqual(seen.data, { resourceType: "Patient", id });
  assert.deepEqual([seen.text, seen.reference, seen.read, seen.self], [id, `Patient/${id}`, id, id]);
  assert.ok(seen.same);
  assert.equal(seen.subjects.length, 5);
  assert.deepEqual(new Set(seen.subjects.map((reference) => reference.split("/").at(-1))), new Set([id]));
  assert.match(seen.user, /^Patient\//);
  assert.equal(seen.encounter, undefined);
  assert.ok(!seen.tags.includes("[object Object]"), String(seen.tags));
});

test("D9 a configuration of trusted issuers launches by iss, comes back to the page itself, and trusts no other", async ({ page, traffic }) => {
  await signIn(page);
  const config = { clientId, scope, trustedIssuers: ["https://other.example/fhir", iss] };
  const unnamed = await withApp(page, config, "({ app }) => app.authorizationUrl().catch(({ code }) => code)");
  assert.equal(unnamed, "unknown_server", "with two servers, one must be said");
  const chosen = new URL(await withApp(page, config, `({ app }) => app.authorizationUrl({ iss: ${JSON.stringify(iss)} })`));
  assert.equal(chosen.searchParams.get("aud"), iss);
  assert.equal(chosen.searchParams.get("redirect_uri"), home);
  const refused = await withApp(page, config, '({ app }) => app.launch({ iss: "https://evil.example/fhir" }).catch(({ code }) => code)');
  assert.equal(refused, "untrusted_issuer");
  assert.equal(traffic.to("https://evil.example").length, 0);
});

test("events are the platform's: once, with a signal, and their detail", async ({ page }) => {
  await signIn(page);
  const heard = await withSession(page, async ({ session }) => {
    const heard = [];
    const controller = new AbortController();
    const until = (type) => new Promise((resolve) => session.addEventListener(type, resolve, { once: true }));
    session.addEventListener("refreshed", ({ type, detail }) => heard.push([type, detail]), { once: true });
    session.addEventListener("refreshed", () => heard.push("not heard"), { signal: controller.signal });
    controller.abort();
    for (const _ of [1, 2]) {
      const refreshed = until("refreshed");
      await session.refresh();
      await refreshed;
    }
    const ended = until("signedout");
    await session.signOut();
    heard.push((await ended).detail.code);
    return heard;
  });
  assert.deepEqual(heard, [["refreshed", null], "signed_out"]);
});

test("a disposed session says so, and the session stands, also for what was made of it", async ({ page }) => {
  await signIn(page);
  const seen = await withSession(page, async ({ app, session }) => {
    const [resolver, { id, reference }] = [session.resolver(), session.patient];
    const search = session.patient.search("Condition", undefined, { limit: 1 });
    session[Symbol.dispose]();
    const { code } = await session.read("Patient/1").catch((error) => error);
    const resolved = await resolver.resolve(reference);
    const found = (await search.toArray()).length;
    const again = await app.resume();
    return { code, active: session.active, resolved: resolved.id === id, found, again: again !== session && again.active };
  });
  assert.deepEqual(seen, { code: "disposed", active: false, resolved: true, found: 1, again: true });
});

test("an error of what services use is a SmartError of the one file, too, and one of an app's own class is of that alone", async ({ page }) => {
  await page.goto(home);
  const seen = await page.evaluate(async () => {
    const { SmartError, register } = await import("/pkg/smartrust.min.js");
    class Own extends SmartError {}
    const error = await register({}).catch((reason) => reason);
    const own = new Own("own", "An app's own.");
    return [error.name, error instanceof SmartError, error instanceof Own, own instanceof Own, own instanceof SmartError, null instanceof SmartError];
  });
  assert.deepEqual(seen, ["SmartError", true, false, true, true, false]);
});

test("a session's server is asked again for other scopes, about the same patient", async ({ page }) => {
  await signIn(page);
  const leaving = page.waitForRequest((request) => new URL(request.url()).searchParams.has("code_challenge"));
  // The page that it runs in is left.
  withSession(page, ({ app, session }) => app.launchAgain(session, { scope: "patient/Observation.rs" })).catch(() => {});
  const asked = new URL((await leaving).url()).searchParams;
  assert.equal(asked.get("scope"), "patient/Observation.rs launch/patient");
  assert.equal(asked.get("client_id"), clientId);
});

test("F10 requests that are asked for together travel as one batch, and each gets what came of its own", async ({ page, context }) => {
  await signIn(page);
  const batches = [];
  await context.route(iss, (route) => {
    const { entry } = route.request().postDataJSON();
    batches.push(entry.map(({ request }) => `${request.method} ${request.url}`));
    const answers = entry.map(({ request }) =>
      request.url === "Patient/absent"
        ? { response: { status: "404", outcome: { resourceType: "OperationOutcome", issue: [{ diagnostics: "gone" }] } } }
        : { response: { status: "200" }, resource: { resourceType: "Patient", id: request.url.split("/")[1] } },
    );
    return route.fulfill({
      headers: { "access-control-allow-origin": new URL(home).origin },
      contentType: "application/fhir+json",
      body: JSON.stringify({ resourceType: "Bundle", type: "batch-response", entry: answers }),
    });
  });
  const seen = await withSession(page, async ({ session }) => {
    const batcher = session.batcher({ atMost: 3 });
    const asked = ["Patient/a", "Patient/absent", "Patient/b"].map((reference) => batcher.read(reference));
    const alone = batcher.read("Patient/c");
    batcher.flush();
    const outcomes = await Promise.allSettled([...asked, alone]);
    return outcomes.map(({ value, reason }) => value?.id ?? [reason.code, reason.status]);
  });
  assert.deepEqual(seen, ["a", ["not_found", 404], "b", "c"]);
  assert.deepEqual(batches, [["GET Patient/a", "GET Patient/absent", "GET Patient/b"], ["GET Patient/c"]]);
});

/** How many bytes the bodies have, without their content encoding, that came after the page's own to what was asked of such addresses. */
async function countBodies(page, isCounted) {
  await new PlainPage(page).waitForCompletion();
  const bodies = [];
  page.on("response", (response) => {
    if (isCounted(response.url()) && response.request().method() === "GET") bodies.push(response.body());
  });
  return async () => (await Promise.all(bodies)).reduce((sum, { length }) => sum + length, 0);
}

test("F8 the pages of a search tell how far they have come, in resources, of how many, and bytes", async ({ page }) => {
  await signIn(page);
  const came = await countBodies(page, (url) => url.startsWith(iss));
  const { told, total, count } = await withSession(page, async ({ session }) => {
    const told = [];
    const options = { onProgress: (progress) => told.push(progress), limit: 12 };
    let [total, count] = [0, 0];
    for await (const page of session.patient.search("Observation", { _count: 5 }, options).pages()) {
      total = page.total;
      count += page.resources.length;
    }
    return { told, total, count };
  });
  assert.equal(count, 12);
  assert.deepEqual(told.map(({ pages, resources }) => [pages, resources]), [[1, 5], [2, 10], [3, 12]]);
  assert.ok(total > 12 && told.every((progress) => progress.total === total), String(total));
  assert.equal(told[2].bytes, await came());
});

test("F11 the whole record comes in a part for each type, with progress to its end", async ({ page }) => {
  await signIn(page, { deny: ["Immunization"] });
  const came = await countBodies(page, (url) => url.startsWith(`${iss}/`) && !/metadata|well-known/.test(url));
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
  assert.equal(last.bytes, await came());
});

test("F11 a kind of data that the server lists by category alone says so, with the categories that were asked for", async ({ page }) => {
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

test("D1 a launch asks for the configuration while the WebAssembly is on its way, once, and of a trusted server alone", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await page.goto(home);
  const wellKnown = `${iss}/.well-known/smart-configuration`;
  let release;
  const asked = new Promise((resolve) => (release = resolve));
  context.on("request", (request) => request.url() === wellKnown && release());
  await page.route("**/smartrust_bg.wasm", async (route) => {
    await asked;
    await route.continue();
  });
  const address = await withApp(page, { server }, "({ app }) => (app.launch(), new Promise(() => {}))").catch(() => page.url());
  await page.getByLabel("User name").waitFor();
  assert.equal(traffic.to(wellKnown).length, 1, String(address));
});

test("D9 a launch link of an untrusted server makes no request, however early", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await page.goto(`${home}?iss=https://evil.example/fhir&launch=1`);
  const code = await withApp(page, { server }, "({ app }) => app.launch().catch(({ code }) => code)");
  assert.equal(code, "untrusted_issuer");
  assert.equal(traffic.to("https://evil.example").length + traffic.to(`${iss}/.well-known`).length, 0);
});
