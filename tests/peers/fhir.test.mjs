// FHIR R4 with Medplum's router and repository and the official examples, in Chromium and in Node.

import assert from "node:assert/strict";
import { after, test as nodeTest } from "node:test";
import { test as browserTest } from "../e2e/support/browser.mjs";
import { waitForPage, launch } from "./support/flows.mjs";
import { example, startFhirPeer } from "./support/medplum.mjs";
import { sessionInNode } from "./support/node-session.mjs";

const peer = await startFhirPeer();
after(() => peer.stop());

/** Defines a test in Chromium and in Node. `body` gets a session and `argument`, and `check` gets its result. */
function inBoth(title, body, check, argument) {
  browserTest(`${title}, in Chromium`, async ({ page }) => {
    await page.goto(peer.page);
    await waitForPage(page);
    await launch(page, {});
    await page.waitForFunction(() => globalThis.opened?.session);
    check(await page.evaluate(`(${body})(globalThis.opened.session, ${JSON.stringify(argument)})`));
  });
  nodeTest(`${title}, in Node`, async () => {
    check(JSON.parse(JSON.stringify(await body(await sessionInNode(peer.record), argument))));
  });
}

inBoth(
  "F4 fhir_r4 a resource is created, read by version, updated with If-Match, and deleted",
  async (session) => {
    const steps = {};
    const created = await session.create({ resourceType: "Patient", name: [{ family: "Lovelace" }] });
    const reference = `Patient/${created.resource.id}`;
    steps.created = [created.status, created.etag === `W/"${created.resource.meta.versionId}"`, created.location.includes(reference)];
    const updated = await session.update({ ...created.resource, active: true }, { ifMatch: true });
    steps.updated = [updated.status, updated.resource.active, updated.etag !== created.etag];
    steps.stale = await session.update({ ...created.resource, active: false }, { ifMatch: created.etag }).catch(({ code, status }) => [code, status]);
    const patched = await session.patch(reference, [{ op: "add", path: "/gender", value: "female" }]);
    steps.patched = [patched.resource.gender, patched.resource.active];
    const first = await session.read(`${reference}/_history/${created.resource.meta.versionId}`);
    steps.first = [first.active ?? null, first.name[0].family];
    const versions = [];
    for await (const version of session.history(reference)) versions.push(version.gender ?? null);
    steps.versions = versions;
    steps.deleted = (await session.delete(reference)).status;
    steps.gone = await session.read(reference).catch(({ code, operationOutcome }) => [code, operationOutcome.issue[0].code]);
    return steps;
  },
  (steps) =>
    assert.deepEqual(steps, {
      created: [201, true, true],
      updated: [200, true, true],
      stale: ["precondition_failed", 412],
      patched: ["female", true],
      first: [null, "Lovelace"],
      versions: ["female", null, null],
      deleted: 200,
      gone: ["not_found", "not-found"],
    }),
);

inBoth(
  "F4 fhir_r4 ifNoneExist prevents a second resource with the same identifier",
  async (session) => {
    const identifier = `urn:test|${Math.random()}`;
    const [system, value] = identifier.split("|");
    const patient = { resourceType: "Patient", identifier: [{ system, value }] };
    const created = await session.create(patient, { ifNoneExist: `identifier=${identifier}` });
    const again = await session.create(patient, { ifNoneExist: `identifier=${identifier}` });
    return [created.status, again.status, created.resource.id === again.resource.id];
  },
  (result) => assert.deepEqual(result, [201, 200, true]),
);

inBoth(
  "F8 fhir_r4 a search loads all pages, with GET and with POST",
  async (session) => {
    const ids = (resources) => resources.map(({ id }) => id).sort();
    const [all, paged, limited, posted] = await Promise.all([
      session.search("Observation", { _count: 1000 }).toArray(),
      session.search("Observation", { _count: 7 }).toArray(),
      session.search("Observation", { _count: 7 }, { limit: 10 }).toArray(),
      session.search("Patient", { name: "Chalmers" }, { post: true }).toArray(),
    ]);
    return { all: ids(all), paged: ids(paged), limited: limited.length, posted: ids(posted) };
  },
  ({ all, paged, limited, posted }) => {
    assert.ok(all.length >= 60, `${all.length} observations`);
    assert.deepEqual(paged, all);
    assert.equal(limited, 10);
    assert.ok(posted.includes("example"));
    assert.ok(peer.requests.includes("POST /fhir/Patient/_search"));
  },
);

inBoth(
  "F4 fhir_r4 each entry of a batch has its own outcome, and a transaction links the resources that it creates",
  async (session) => {
    const get = (url) => ({ request: { method: "GET", url } });
    const batch = await session.batch({ resourceType: "Bundle", type: "batch", entry: [get("Patient/f001"), get("Patient/none")] });
    const post = (resource, fullUrl) => ({ fullUrl, resource, request: { method: "POST", url: resource.resourceType } });
    const subject = "urn:uuid:11111111-1111-4111-8111-111111111111";
    const code = { text: "weight" };
    const transaction = await session.transaction({
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        post({ resourceType: "Patient", active: true }, subject),
        post({ resourceType: "Observation", status: "final", code, subject: { reference: subject } }, "urn:uuid:22222222-2222-4222-8222-222222222222"),
      ],
    });
    const [patient, observation] = transaction.entry.map(({ resource }) => resource);
    const resolved = await session.resolver().resolve(observation.subject.reference);
    return {
      statuses: batch.entry.map(({ response }) => response.status.split(" ")[0]),
      created: transaction.entry.map(({ response }) => response.status.split(" ")[0]),
      isLinked: resolved.id === patient.id,
    };
  },
  (result) => assert.deepEqual(result, { statuses: ["200", "404"], created: ["201", "201"], isLinked: true }),
);

inBoth(
  "F9 fhir_r4 references in the examples are resolved, missing resources are reported, and grouped requests have the same result",
  async (session) => {
    const observations = await session.search("Observation", { _count: 1000 }).toArray();
    const bundle = { resourceType: "Bundle", type: "collection", entry: observations.map((resource) => ({ resource })) };
    const summary = (resolved) => [...resolved].map(([reference, { resource, error }]) => [reference, resource?.id ?? error.code]).sort();
    const single = summary(await session.resolver().resolveAll(bundle));
    const grouped = summary(await session.resolver({ grouped: true }).resolveAll(bundle));
    return { single, grouped };
  },
  ({ single, grouped }) => {
    const of = new Map(single);
    assert.equal(of.get("Patient/example"), "example");
    assert.equal(of.get("Practitioner/f005"), "f005");
    assert.ok([...of.values()].includes("not_found"), "the examples refer to no resource that was not loaded");
    assert.deepEqual(grouped, single);
  },
);

inBoth(
  "F9 fhir_r4 contained resources of an example are resolved",
  async (session, container) => {
    const resolved = await session.resolver().resolveAll(container);
    return [...resolved].filter(([reference]) => reference.startsWith("#")).map(([, { resource }]) => resource?.resourceType);
  },
  (types) => assert.ok(types.length > 0 && types.every((type) => type), JSON.stringify(types)),
  example("MedicationRequest-medrx0301"),
);

inBoth(
  "F5 fhir_r4 an error has its OperationOutcome",
  (session) => session.read("Patient/none").catch(({ name, code, status, operationOutcome }) => [name, code, status, operationOutcome.resourceType]),
  (result) => assert.deepEqual(result, ["SmartError", "not_found", 404, "OperationOutcome"]),
);
