// What is shown is what the server says now: nothing from a cache, nothing from where a redirect leads, nothing left out.

import assert from "node:assert/strict";
import { Portal } from "./pages/portal.mjs";
import { PlainPage } from "./pages/plain.mjs";
import { startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import { changeResource, clearChanges, clearFaults, injectFault, requestsAtEhr, whileDeviating } from "./support/control.mjs";
import { signIn, withSession } from "./support/package.mjs";
import { ehrOrigin } from "./support/servers.mjs";

const fhirPath = "/webchart.cgi/fhir";
const always = 1_000_000;

/** Has every FHIR response say so much of caching, as long as `body` runs. */
async function whileCacheable(headers, body) {
  await injectFault({ path: fhirPath, method: "GET", count: always, add: headers });
  try {
    await body();
  } finally {
    await clearFaults();
    await clearChanges();
  }
}

/** The patient's medicines, each with its status, and the search's own URL. */
function medicines(page) {
  return withSession(page, async ({ session }) => {
    const found = await session.search("MedicationRequest", { patient: session.patient.id }).toArray();
    return found.map(({ id, status }) => [id, status]);
  });
}

/** Signs out; the plain page then loads anew. */
async function signOut(page) {
  const loaded = page.waitForEvent("load");
  await withSession(page, "({ session }) => session.signOut()").catch(() => {});
  await loaded;
}

for (const [what, headers] of [
  ["Last-Modified and no Cache-Control", { "Last-Modified": "Sun, 01 Jan 2023 00:00:00 GMT" }],
  ["private, max-age=60", { "Cache-Control": "private, max-age=60" }],
]) {
  test(`S10 with ${what} a stopped medicine is stopped after a reload and a new sign-in, and another user gets nothing of it`, async ({ page, context }) => {
    await whileCacheable(headers, async () => {
      await signIn(page);
      const before = await medicines(page);
      const [id] = before.find(([, status]) => status === "active");
      await changeResource(`MedicationRequest/${id}`, { status: "stopped" });
      const isStopped = async (when) => assert.equal(new Map(await medicines(page)).get(id), "stopped", when);
      await isStopped("asked again");
      await page.reload();
      await isStopped("after a reload");
      await signOut(page);
      await signIn(page, { isLoggedIn: true });
      await isStopped("after a new sign-in");
      const patient = await withSession(page, "({ session }) => session.patient.id");

      await signOut(page);
      await context.clearCookies();
      await new PlainPage(page).connect();
      await new Portal(page).logIn({ userName: "patient2", password: "portal-2" });
      await new Portal(page).allow();
      await new PlainPage(page).waitForRedirect();
      const ofTheFirst = `({ session }) => session.search("MedicationRequest", { patient: "${patient}" }).toArray().catch(({ code }) => code)`;
      assert.equal(await withSession(page, ofTheFirst), "forbidden");
    });
  });
}

test("S10 the cache is used where the app says so by name", async ({ page }) => {
  await whileCacheable({ "Cache-Control": "private, max-age=60" }, async () => {
    await signIn(page);
    const twice = (options) =>
      withSession(page, `async ({ session }) => {
        for (const _ of [1, 2]) await session.read("Organization/clinic", ${JSON.stringify(options)}).catch(() => {});
      }`);
    const count = async () => (await requestsAtEhr()).filter(({ method, path }) => method === "GET" && path.endsWith("/Organization/clinic")).length;
    const start = await count();
    await twice({});
    assert.equal(await count(), start + 2);
    await twice({ cache: "default" });
    assert.equal(await count(), start + 3);
    const wrong = await withSession(page, `({ session }) => session.read("Patient/1", { cache: "reload" }).catch(({ code }) => code)`);
    assert.equal(wrong, "invalid_configuration");
  });
});

/** Has the EHR redirect what is asked for below a path, as long as `body` runs. */
async function whileRedirected(path, location, body) {
  await injectFault({ path: `${fhirPath}/${path}`, count: always, status: 307, headers: { Location: location } });
  try {
    await body();
  } finally {
    await clearFaults();
  }
}

const reading = `({ session }) => session.read("Encounter/1", { headers: { Prefer: "handling=lenient" } })
  .then(({ resourceType }) => resourceType, ({ code, message }) => ({ code, message }))`;

test("F16 a redirect out of the base takes no token and no header along, and its answer is not taken", async ({ page }) => {
  const resource = { resourceType: "Encounter", id: "1" };
  const elsewhere = await startAttacker({ "/fhir/Encounter/1": () => ({ body: JSON.stringify(resource) }) });
  await signIn(page);
  for (const to of [`${ehrOrigin}/webchart.cgi/jwks/`, `${elsewhere.origin}/fhir/Encounter/1`]) {
    await whileRedirected("Encounter", to, async () => {
      const { code, message } = await withSession(page, reading);
      assert.equal(code, "redirected");
      assert.ok(message.includes(to), message);
    });
  }
  const inside = (await requestsAtEhr()).filter(({ path }) => path === "/webchart.cgi/jwks/");
  assert.ok(inside.length > 0 && inside.every(({ authorization }) => !authorization));
  assert.ok(elsewhere.received.length > 0);
  for (const { headers } of elsewhere.received) assert.deepEqual([headers.authorization, headers.prefer], [undefined, undefined]);
}, { bypassCSP: true });

test("F16 a redirect within the base is followed, and a change that is redirected says so", async ({ page }) => {
  await signIn(page);
  const id = await withSession(page, "({ session }) => session.patient.id");
  await whileRedirected("Encounter", `${ehrOrigin}${fhirPath}/Patient/${id}`, async () => {
    assert.equal(await withSession(page, reading), "Patient");
    const change = `({ session }) => session.create({ resourceType: "Encounter" }).catch(({ code, message }) => ({ code, message }))`;
    const { code, message } = await withSession(page, change);
    assert.equal(code, "redirected");
    assert.match(message, /redirected the request/);
  });
});

/** Searches with small pages, by a search and by the parts of a record. */
async function readAll({ session }) {
  const heard = [];
  const options = { onOutcome: ({ issue }) => heard.push(issue[0].diagnostics) };
  const search = session.search("Observation", { patient: session.patient.id, _count: 5, category: "vital-signs" }, { ...options, limit: 15 });
  const ids = (await search.toArray()).map(({ id }) => id);
  const [part] = await session.loadRecord({ queries: [{ type: "Observation", parameters: { category: "vital-signs", _count: 100 } }] });
  const remarks = (outcomes) => outcomes.map(({ issue }) => issue[0].diagnostics);
  return { ids, heard, ofSearch: remarks(search.outcomes), ofPart: remarks(part.outcomes), others: part.others.length, state: part.state };
}

test("F15 F19 a result that two pages have comes once, and remarks reach whoever reads", async ({ page }) => {
  await signIn(page);
  const plain = await withSession(page, readAll);
  assert.equal(plain.ids.length, 15);
  assert.deepEqual([plain.heard, plain.ofPart], [[], []]);
  await whileDeviating(["result-repeated"], async () => {
    assert.deepEqual((await withSession(page, readAll)).ids, plain.ids);
  }, { count: 100 });
  for (const deviation of ["search-remark", "search-remark-without-mode"]) {
    await whileDeviating([deviation], async () => {
      const { ids, heard, ofSearch, ofPart, others, state } = await withSession(page, readAll);
      assert.deepEqual([ids, others, state], [plain.ids, 0, "complete"]);
      assert.deepEqual(new Set([...heard, ...ofPart]), new Set(["Some results were withheld."]));
      assert.ok(ofSearch.length > 0 && heard.length >= ofSearch.length && ofPart.length > 0);
    }, { count: 100 });
  }
});

test("F18 an OperationOutcome with status 200 is an error with its words", async ({ page }) => {
  await signIn(page);
  await whileDeviating(["outcome-200"], async () => {
    const told = await withSession(page, async ({ session }) => {
      const told = ({ code, status, message, operationOutcome }) => [code, status, message.includes("being moved"), operationOutcome.resourceType];
      return [await session.patient.read().catch(told), await session.search("Observation").toArray().catch(told)];
    });
    const expected = ["fhir_error", 200, true, "OperationOutcome"];
    assert.deepEqual(told, [expected, expected]);
  }, { count: 2 });
});
