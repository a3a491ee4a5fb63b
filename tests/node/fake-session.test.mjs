// smartrust/testing: the session and the app that stand in for the package's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, SmartApp, SmartError } from "../../pkg/node.js";
import { fakeApp, fakeSession, smartError } from "../../pkg/testing.js";

const ada = { resourceType: "Patient", id: "1", name: [{ family: "Sample" }] };
const lab = {
  resourceType: "Observation",
  id: "2",
  performer: [{ reference: "Practitioner/7" }, { reference: "#lab" }],
  contained: [{ resourceType: "Organization", id: "lab" }],
};
const doctor = { resourceType: "Practitioner", id: "7" };

const membersOf = (Class) => Object.getOwnPropertyNames(Class.prototype).filter((name) => name !== "constructor");

test("a fake session and a fake app have every member of the package's own", () => {
  const fakes = [
    [Session, fakeSession()],
    [Object.getPrototypeOf(Session), fakeSession()],
    [SmartApp, fakeApp()],
  ];
  for (const [Class, fake] of fakes) {
    const members = membersOf(Class);
    assert.ok(members.length > 5, Class.name);
    assert.deepEqual(members.filter((name) => !(name in fake)), []);
  }
});

test("a fake session returns resources by id and by type, as copies, and records the requests", async () => {
  const session = fakeSession({ patient: ada, fhirUser: doctor, resources: [lab] });
  (await session.patient.read()).name = "changed by a component";
  assert.deepEqual(await session.patient.read(), ada);
  assert.deepEqual(await session.patient.search("Observation", { category: ["laboratory", "vital-signs"], _count: 5 }).toArray(), [lab]);
  assert.deepEqual(await session.fhirUser.read(), doctor);
  const expected = ["GET Patient/1", "GET Patient/1", "GET Observation?patient=1&category=laboratory&category=vital-signs&_count=5", "GET Practitioner/7"];
  assert.deepEqual(session.requests.map(({ method, url }) => `${method} ${url}`), expected);
  assert.equal(session.requests[2].parameters.get("_count"), "5");
  assert.deepEqual([session.identity.claims.fhirUser, session.context.patient], ["https://ehr.test/fhir/Practitioner/7", "1"]);
});

test("a search is sent at its first step, ends at its limit, and reports its pages", async () => {
  const session = fakeSession({ resources: { Observation: [lab, { ...lab, id: "3" }], Condition: [] } });
  const progress = [];
  const search = session.search("Observation", {}, { limit: 1, onProgress: (step) => progress.push(step) });
  assert.equal(session.requests.length, 0);
  assert.deepEqual((await search.toArray()).map(({ id }) => id), ["2"]);
  assert.deepEqual(progress, [{ pages: 1, resources: 1, bytes: 0 }]);
  assert.deepEqual(await session.search("Condition").toArray(), []);
});

test("an unscripted request rejects with its method and URL, and with what there is", async () => {
  const session = fakeSession({ patient: ada, resources: { Observation: [] } });
  const unscripted = (url) => {
    const message = new RegExp(`no response for ${url}: .* It has Observation, Patient\\.$`);
    return { name: "SmartError", code: "unscripted_request", message };
  };
  const problems = session.patient.search("Condition", { category: "problem-list-item" });
  await assert.rejects(problems.toArray(), unscripted("GET Condition\\?patient=1&category=problem-list-item"));
  await assert.rejects(session.read("Patient/2"), unscripted("GET Patient/2"));
  await assert.rejects(session.read("Patient/1/_history/2"), unscripted("GET Patient/1/_history/2"));
  await assert.rejects(session.operation("Patient/1/$everything"), unscripted("GET Patient/1/\\$everything"));
  await assert.rejects(session.patch("Patient/1", []), unscripted("PATCH Patient/1"));
  await assert.rejects(session.capabilities(), unscripted("GET metadata"));
  await assert.rejects(session.match(ada), unscripted("POST Patient/\\$match"));
});

test("a function answers before the resources, the newest first, and its errors are passed on", async () => {
  const statement = { resourceType: "CapabilityStatement" };
  const session = fakeSession({ resources: [ada], respond: ({ interaction }) => (interaction === "capabilities" ? statement : undefined) });
  assert.deepEqual(await session.capabilities(), statement);
  session.use(({ id }) => id === "1" && Promise.reject(smartError("forbidden")));
  const { code, status } = await session.read("Patient/1").catch((error) => error);
  assert.deepEqual([code, status], ["forbidden", 403]);
  session.use(() => ({ ...ada, id: "newest" }));
  assert.equal((await session.read("Patient/1")).id, "newest");
});

test("a result of the wrong kind is an error that names the request", async () => {
  const returning = (result) => fakeSession({ respond: () => result });
  const wrong = (message) => ({ code: "invalid_configuration", message });
  await assert.rejects(returning(lab).read("Patient/1"), wrong("The test returned Observation for GET Patient/1: return a Patient."));
  await assert.rejects(returning([ada]).read("Patient/1"), wrong(/returned an array for GET Patient\/1: return a resource/));
  await assert.rejects(returning(ada).search("Patient").toArray(), wrong(/returned Patient for GET Patient: return an array of resources or a Bundle/));
  await assert.rejects(returning("text").readBlob("Binary/1"), wrong(/return a Blob or a Binary/));
  await assert.rejects(returning(ada).match(ada), wrong(/return an array of candidates/));
});

for (const [what, options, message] of [
  ["an unknown option", { patients: "1" }, /no option "patients"/],
  ["something that is no resource", { resources: [ada, { id: "1" }] }, /^resources\[1\] is not a FHIR resource/],
  ["a resource under another type", { resources: { Patient: [lab] } }, /^resources.Patient\[0\] has the resource type "Observation"/],
  ["a resource instead of an array", { resources: { Patient: ada } }, /write \{ Patient: \[resource\] \}/],
  ["another resource as the patient", { patient: lab }, /Patient\/1, or the resource/],
  ["a user without a type", { fhirUser: "7" }, /Practitioner\/1, or the resource/],
]) {
  test(`${what} is refused when the session is created`, () => {
    assert.throws(() => fakeSession(options), ({ code, message: text }) => code === "invalid_configuration" && message.test(text));
  });
}

test("a Bundle as the result of a search has matches, included resources and outcomes", async () => {
  const outcome = { resourceType: "OperationOutcome", issue: [] };
  const entry = [{ resource: lab }, { resource: doctor, search: { mode: "include" } }, { resource: outcome, search: { mode: "outcome" } }];
  const session = fakeSession({ respond: () => ({ resourceType: "Bundle", type: "searchset", total: 9, entry }) });
  const search = session.search("Observation");
  const { value } = await search.pages().next();
  const { resources, included, total } = value;
  assert.deepEqual([resources, included, total, search.outcomes], [[lab], [doctor], 9, [outcome]]);
});

test("changes return what a server would, and are recorded", async () => {
  const session = fakeSession();
  const created = await session.create({ resourceType: "Observation", status: "final" });
  assert.deepEqual(created, { status: 201, resource: { resourceType: "Observation", status: "final", id: "created" } });
  assert.deepEqual(await session.update(ada, { search: { identifier: "7" } }), { status: 200, resource: ada });
  assert.deepEqual(await session.delete("Patient/1"), { status: 204 });
  assert.deepEqual(session.requests.map(({ method, url, body }) => [method, url, body?.status ?? body?.id]), [
    ["POST", "Observation", "final"],
    ["PUT", "Patient?identifier=7", "1"],
    ["DELETE", "Patient/1", undefined],
  ]);
});

test("an aborted call rejects, also while the test's function does not return", async () => {
  const controller = new AbortController();
  const session = fakeSession({ respond: () => new Promise(() => {}) });
  const pending = session.read("Patient/1", { signal: controller.signal });
  controller.abort();
  await assert.rejects(pending, { code: "aborted" });
  await assert.rejects(session.search("Patient", {}, { signal: controller.signal }).toArray(), { code: "aborted" });
  assert.equal(session.requests.length, 1);
});

test("an ended session is not active, tells its listeners, and rejects every call", async () => {
  const session = fakeSession({ patient: ada });
  const app = fakeApp({ session });
  assert.equal(await app.resume(), session);
  const ended = new Promise((resolve) => session.addEventListener("signedout", ({ detail }) => resolve(detail)));
  session.end();
  assert.deepEqual([session.active, (await ended).code], [false, "session_expired"]);
  await assert.rejects(session.patient.read(), { code: "session_expired" });
  await assert.rejects(session.refresh(), { code: "session_expired" });
  assert.deepEqual([await app.resume(), await app.sessions()], [null, []]);
});

test("signing out ends the session", async () => {
  const session = fakeSession({ patient: ada });
  const ended = new Promise((resolve) => session.addEventListener("signedout", ({ detail }) => resolve(detail)));
  assert.equal((await session.signOut()).revocation, "revoked");
  assert.equal((await ended).code, "signed_out");
  assert.equal((await session.signOut()).revocation, "ended");
});

test("scopes limit the record, mayRead and checked requests", async () => {
  const scopes = "patient/Observation.rs user/Practitioner.read patient/Condition.r patient/Patient.rs?name=x";
  const session = fakeSession({ patient: "1", scopes, resources: { Observation: [lab], Condition: [] } });
  assert.deepEqual(["Observation", "Practitioner", "Condition", "Patient"].map((type) => session.mayRead(type)), [true, true, false, false]);
  const parts = [];
  const record = await session.loadRecord({ onPart: (part, index) => parts.push([index, part.state]) });
  const found = record.map(({ resourceType, state, resources }) => [resourceType, state, resources.length]);
  assert.deepEqual(found, [["Observation", "complete", 1], ["Condition", "notgranted", 0]]);
  assert.equal(parts.length, 2);
  await assert.rejects(session.read("Patient/1", { checkScopes: true }), { code: "not_granted" });
  assert.deepEqual(session.requests.map(({ url }) => url), ["Observation?patient=1"]);
});

test("a part of a record that fails has its error", async () => {
  const refuse = ({ resourceType }) => (resourceType === "Observation" ? Promise.reject(smartError("forbidden")) : undefined);
  const session = fakeSession({ patient: "1", respond: refuse, resources: { Observation: [lab], Condition: [] } });
  const [failed, complete] = await session.loadRecord({ queries: ["Observation", { type: "Condition", parameters: { category: "x" } }] });
  assert.deepEqual([failed.state, failed.error.code, complete.state, complete.parameters], ["failed", "forbidden", "complete", [["category", "x"]]]);
});

test("references are resolved in the resource and with reads", async () => {
  const session = fakeSession({ resources: [doctor, lab] });
  const resolved = await session.resolver().resolveAll(lab);
  assert.deepEqual([resolved.get("Practitioner/7").resource, resolved.get("#lab").resource.id], [doctor, "lab"]);
  const missing = await fakeSession().resolver().resolveAll(lab);
  assert.equal(missing.get("Practitioner/7").error.code, "unscripted_request");
});

test("a batcher passes its requests on, and a Binary is read as a Blob", async () => {
  const session = fakeSession({ resources: [doctor, { resourceType: "Binary", id: "1", contentType: "text/plain", data: btoa("content") }] });
  const batcher = session.batcher();
  assert.deepEqual([await batcher.read("Practitioner/7"), (await batcher.search("Practitioner")).total], [doctor, 1]);
  const blob = await session.readBlob("Binary/1");
  assert.deepEqual([blob.type, await blob.text()], ["text/plain", "content"]);
});

test("a fake app records its calls and rejects with the test's errors", async () => {
  const app = fakeApp({ errors: { resume: smartError("state_mismatch") } });
  const error = await app.resume().catch((problem) => problem);
  assert.deepEqual([error instanceof SmartError, error.code], [true, "state_mismatch"]);
  assert.equal(await app.launch({ scope: "launch/patient" }), null);
  await assert.rejects(app.launchInPopup(), { code: "unscripted_request", message: /no session/ });
  assert.deepEqual(app.calls, [["resume"], ["launch", { scope: "launch/patient" }], ["launchInPopup", undefined]]);
  assert.equal((await fakeApp({ session: fakeSession({ id: "new" }) }).launchInPopup()).id, "new");
  assert.throws(() => fakeApp({ sesion: null }), { code: "invalid_configuration", message: /no option "sesion"/ });
});

test("a fake app has the connections that the test gives, which open its session until they are removed", async () => {
  const session = fakeSession({ kept: true });
  const app = fakeApp({ session, connections: [{ id: "a", label: "Ada" }, { id: "b" }] });
  const [first, second] = await app.connections();
  assert.deepEqual([first.label, second.label, first.lastUsed instanceof Date], ["Ada", undefined, true]);
  assert.equal(await first.open(), session);
  await session.labelConnection("Ada S.");
  assert.deepEqual(await second.disconnect(), { revocation: "revoked", deletion: "deleted" });
  assert.deepEqual((await app.connections()).map(({ id }) => id), ["a"]);
  assert.deepEqual(app.calls, [["connections"], ["open", "a"], ["disconnect", "b"], ["connections"]]);
  const [broken] = await fakeApp({ connections: [{}], errors: { open: smartError("key_missing") } }).connections();
  await assert.rejects(broken.open(), { code: "key_missing" });
  assert.throws(() => fakeApp({ connections: [{ lable: "Ada" }] }), { code: "invalid_configuration", message: /no option "lable"/ });
  assert.deepEqual([fakeSession().kept, fakeSession().notKept], [false, undefined]);
  await assert.rejects(fakeSession().labelConnection("Ada"), { code: "key_missing" });
});

test("M3 M5 a fake session keeps app states in memory, and its tasks and conflicts are those of the test", async () => {
  const session = fakeSession({ patient: "1", appState: { view: "labs" } });
  const code = "https://app.example|preferences";
  // As in a session, an unknown user does not become the whole app.
  assert.throws(() => session.state(code, { subject: undefined }), { code: "invalid_app_state" });
  const state = session.state(code, { subject: session.patient });
  assert.deepEqual([session.appState, await state.get()], [{ view: "labs" }, null]);
  const extension = [{ url: "https://app.example/x", valueString: "a" }];
  const stored = await state.set(extension);
  assert.equal(stored.subject.reference, "https://ehr.test/fhir/Patient/1");
  assert.deepEqual([await session.state(code, { subject: "Patient/1" }).get(), await session.state(code).get()], [stored, null]);
  assert.equal((await state.set(extension)).meta.versionId, "2");
  await state.delete();
  assert.equal(await state.get(), null);
  assert.deepEqual(session.requests.slice(-3).map(({ method, url }) => `${method} ${url.split("?")[0]}`), ["PUT Basic/state-1", "DELETE Basic/state-1", "GET Basic"]);
  session.use(({ interaction }) => {
    if (interaction === "create") throw smartError("conflict", { current: stored });
    return interaction === "launchTasks" ? [{ kind: "ehr", task: { resourceType: "Task" } }] : undefined;
  });
  await assert.rejects(state.set(extension), (error) => error.code === "conflict" && error.current === stored && !Object.keys(error).includes("current"));
  assert.deepEqual([(await session.launchTasks({ patient: "1" })).length, (await fakeSession().launchTasks()).length], [1, 0]);
});
