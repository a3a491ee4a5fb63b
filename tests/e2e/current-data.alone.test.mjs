// Apps get the server's current data: nothing from a cache, nothing from another URL after a redirect, and nothing is missing.

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

/** Adds caching headers to every FHIR response while `body` runs. */
async function whileCacheable(headers, body) {
  await injectFault({ path: fhirPath, method: "GET", count: always, add: headers });
  try {
    await body();
  } finally {
    await clearFaults();
    await clearChanges();
  }
}

/** The ids and statuses of the patient's medicines. */
function medicines(page) {
  return withSession(page, async ({ session }) => {
    const found = await session.search("MedicationRequest", { patient: session.patient.id }).toArray();
    return found.map(({ id, status }) => [id, status]);
  });
}

/** Signs out, and waits until the plain page has reloaded. */
async function signOut(page) {
  const loaded = page.waitForEvent("load");
  await withSession(page, "({ session }) => session.signOut()").catch(() => {});
  await loaded;
}

for (const [name, headers] of [
  ["Last-Modified and no Cache-Control", { "Last-Modified": "Sun, 01 Jan 2023 00:00:00 GMT" }],
  ["private, max-age=60", { "Cache-Control": "private, max-age=60" }],
]) {
  test(`S10 with ${name}, a changed medicine is up to date after a reload and a new sign-in, and another user cannot read it`, async ({ page, context }) => {
    await whileCacheable(headers, async () => {
      await signIn(page);
      const before = await medicines(page);
      const [id] = before.find(([, status]) => status === "active");
      await changeResource(`MedicationRequest/${id}`, { status: "stopped" });
      const isStopped = async (when) => assert.equal(new Map(await medicines(page)).get(id), "stopped", when);
      await isStopped("at the next search");
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
      const searchFirstPatient = `({ session }) => session.search("MedicationRequest", { patient: "${patient}" }).toArray().catch(({ code }) => code)`;
      assert.equal(await withSession(page, searchFirstPatient), "forbidden");
    });
  });
}

test("S10 the cache is used if the app allows it", async ({ page }) => {
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

/** Makes the EHR redirect requests below a path while `body` runs. */
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

test("F16 a redirect out of the FHIR base gets no token and no header, and its response is not used", async ({ page }) => {
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

test("F16 a redirect within the FHIR base is followed, and a redirected change rejects", async ({ page }) => {
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

/** Reads vital signs by a search with small pages, and by the parts of a record. */
async function readAll({ session }) {
  const received = [];
  const options = { onOutcome: ({ issue }) => received.push(issue[0].diagnostics) };
  const search = session.search("Observation", { patient: session.patient.id, _count: 5, category: "vital-signs" }, { ...options, limit: 15 });
  const ids = (await search.toArray()).map(({ id }) => id);
  const [part] = await session.loadRecord({ queries: [{ type: "Observation", parameters: { category: "vital-signs", _count: 100 } }] });
  const diagnostics = (outcomes) => outcomes.map(({ issue }) => issue[0].diagnostics);
  return { ids, received, ofSearch: diagnostics(search.outcomes), ofPart: diagnostics(part.outcomes), others: part.others.length, state: part.state };
}

test("F15 F19 a result on two pages is returned once, and OperationOutcomes reach the caller", async ({ page }) => {
  await signIn(page);
  const plain = await withSession(page, readAll);
  assert.equal(plain.ids.length, 15);
  assert.deepEqual([plain.received, plain.ofPart], [[], []]);
  await whileDeviating(["result-repeated"], async () => {
    assert.deepEqual((await withSession(page, readAll)).ids, plain.ids);
  }, { count: 100 });
  for (const deviation of ["search-remark", "search-remark-without-mode"]) {
    await whileDeviating([deviation], async () => {
      const { ids, received, ofSearch, ofPart, others, state } = await withSession(page, readAll);
      assert.deepEqual([ids, others, state], [plain.ids, 0, "complete"]);
      assert.deepEqual(new Set([...received, ...ofPart]), new Set(["Some results were withheld."]));
      assert.ok(ofSearch.length > 0 && received.length >= ofSearch.length && ofPart.length > 0);
    }, { count: 100 });
  }
});

test("F18 an OperationOutcome with status 200 is an error with its message", async ({ page }) => {
  await signIn(page);
  await whileDeviating(["outcome-200"], async () => {
    const errors = await withSession(page, async ({ session }) => {
      const describe = ({ code, status, message, operationOutcome }) => [code, status, message.includes("being moved"), operationOutcome.resourceType];
      return [await session.patient.read().catch(describe), await session.search("Observation").toArray().catch(describe)];
    });
    const expected = ["fhir_error", 200, true, "OperationOutcome"];
    assert.deepEqual(errors, [expected, expected]);
  }, { count: 2 });
});
