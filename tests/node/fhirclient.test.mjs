// The parts of smartrust/fhirclient that need no page.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, test } from "node:test";
import FHIR, { Client, FhirClient, SmartError, client, oauth2 } from "../../pkg/node-fhirclient.js";
import { absolute, interaction } from "../../pkg/fhirclient/interaction.js";
import { isLaunchOf, issuerOf, selectConfiguration, serverOf } from "../../pkg/fhirclient/parameters.js";
import { patientParameter } from "../../pkg/fhirclient/patient-parameter.js";
import { SmartApp } from "../../pkg/node.js";
import { serverOf as serverRecord, startServer } from "./support.mjs";

const base = "https://ehr.example/practice/fhir";
const running = [];
after(() => Promise.all(running.map((server) => server.stop())));

const thrown = (work) => {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof SmartError, String(error));
    return error.code;
  }
};

test("a URL is absolute, or relative to the FHIR base", () => {
  for (const [given, expected] of [
    ["Patient/1", `${base}/Patient/1`],
    ["/Patient/1", `${base}/Patient/1`],
    [`${base}/Patient/1#part`, `${base}/Patient/1`],
    ["Observation?code=http://loinc.org|1-8", `${base}/Observation?code=http://loinc.org|1-8`],
    [new URL(`${base}/metadata`), `${base}/metadata`],
    ["HTTPS://ehr.example/x", "https://ehr.example/x"],
  ]) {
    assert.equal(absolute(given, `${base}/`).href, expected);
  }
  for (const wrong of ["", undefined, null, "urn:uuid:1", "javascript:alert(1)", "data:text/plain,x", "http://"]) {
    assert.equal(
      thrown(() => absolute(wrong, base)),
      "invalid_reference",
      String(wrong),
    );
  }
});

const patient = { resourceType: "Patient", id: "1" };
const asked = (method, address, body) => thrown(() => interaction({ method, url: absolute(address, base), body }, base));

test("an HTTP request becomes a FHIR interaction", () => {
  assert.deepEqual(asked("GET", "Patient/1?_summary=true"), { interaction: "read", target: `${base}/Patient/1?_summary=true` });
  assert.deepEqual(asked("POST", "Patient", JSON.stringify(patient)), { interaction: "create", body: patient });
  assert.deepEqual(asked("PUT", "Patient/1", patient), { interaction: "update", parameters: [], body: patient });
  assert.deepEqual(asked("PUT", "Patient?identifier=7", patient), {
    interaction: "update",
    parameters: [["identifier", "7"]],
    body: patient,
  });
  const patch = [{ op: "remove", path: "/active" }];
  assert.deepEqual(asked("PATCH", "Patient/1", JSON.stringify(patch)), {
    interaction: "patch",
    target: "Patient/1",
    parameters: [],
    body: patch,
  });
  assert.deepEqual(asked("DELETE", "Patient?identifier=7"), {
    interaction: "delete",
    target: "Patient",
    parameters: [["identifier", "7"]],
  });
  const bundle = { resourceType: "Bundle", type: "batch" };
  assert.deepEqual(asked("POST", base, bundle), { interaction: "bundle", body: bundle });
  assert.deepEqual(asked("POST", `${base}/`, bundle), { interaction: "bundle", body: bundle });
  assert.deepEqual(asked("POST", "Observation/_search?_count=2", "code=a&code=b"), {
    interaction: "search",
    target: "Observation",
    parameters: [
      ["_count", "2"],
      ["code", "a"],
      ["code", "b"],
    ],
    post: true,
  });
  const parameters = { resourceType: "Parameters" };
  assert.deepEqual(asked("POST", "Patient/1/$everything", parameters), {
    interaction: "operation",
    target: "Patient/1/$everything",
    parameters: [],
    body: parameters,
    post: true,
  });
});

test("a write to another server, or to the URL of another resource, is rejected", () => {
  for (const foreign of [
    "https://evil.example/practice/fhir/Patient",
    "https://ehr.example/practice/fhirs/Patient",
    "http://ehr.example/practice/fhir/Patient",
  ]) {
    assert.equal(asked("POST", foreign, patient), "foreign_url", foreign);
  }
  assert.equal(asked("POST", `${base}/../other/Patient`, patient), "foreign_url");
  assert.equal(asked("PUT", "Patient/2", patient), "invalid_reference");
  assert.equal(asked("PUT", "Patient", patient), "invalid_reference");
  assert.equal(asked("POST", "Observation", patient), "invalid_reference");
});

test("a method that FHIR does not use, and a body that is not JSON, are rejected", () => {
  assert.equal(asked("HEAD", "Patient/1"), "unsupported_option");
  for (const body of ["<Patient/>", "", undefined, "7", new Uint8Array(1), new Map()]) {
    assert.equal(asked("POST", "Patient", body), "unsupported_option", String(body));
  }
});

test("a search for a patient uses the parameter of its resource type, and only types of the patient compartment", () => {
  const names = {
    Observation: "patient",
    Patient: "_id",
    Group: "member",
    Schedule: "actor",
    AdverseEvent: "subject",
    MedicationOrder: "patient",
  };
  for (const [type, name] of Object.entries(names)) assert.equal(patientParameter(type), name);
  for (const other of ["Practitioner", "metadata", "", "constructor", "_search", "$everything"]) {
    assert.equal(
      thrown(() => patientParameter(other)),
      "invalid_reference",
      other,
    );
  }
});

const ehr = "https://ehr.example/fhir";

test("an issuer is trusted if the configuration names it", () => {
  const trusts = (parameters, iss) => thrown(() => issuerOf(parameters, iss)) === iss;
  assert.ok(trusts({ iss: ehr }, ehr));
  assert.ok(trusts({ iss: `${ehr}/` }, ehr));
  assert.ok(trusts({ trustedIssuers: ["https://other.example", ehr] }, `${ehr}/`));
  assert.ok(trusts({ issMatch: ehr }, ehr));
  assert.ok(trusts({ issMatch: /https:\/\/[a-z]+\.example\/fhir/ }, ehr));
  assert.ok(trusts({ issMatch: /HTTPS:.*/gi }, ehr));
  assert.ok(trusts({ issMatch: (iss) => iss === ehr }, ehr));
  for (const parameters of [
    {},
    { iss: "https://other.example" },
    { trustedIssuers: [] },
    { issMatch: () => "yes" },
    { issMatch: { test: () => true } },
  ]) {
    assert.equal(
      thrown(() => issuerOf(parameters, ehr)),
      "untrusted_issuer",
    );
  }
});

test("a pattern must match the whole URL of an issuer", () => {
  const parameters = { issMatch: /ehr\.example/ };
  for (const iss of ["https://evil.example/?ehr.example", "https://ehr.example.evil.example/fhir", ehr]) {
    assert.equal(
      thrown(() => issuerOf(parameters, iss)),
      "untrusted_issuer",
      iss,
    );
  }
});

test("of several configurations, the one that trusts the issuer is selected", () => {
  const [first, second] = [
    { clientId: "1", issMatch: "https://other.example" },
    { clientId: "2", trustedIssuers: [ehr] },
  ];
  assert.equal(selectConfiguration([first, second], ehr), second);
  assert.equal(selectConfiguration(first, ehr), first);
  assert.equal(
    thrown(() => selectConfiguration([first], ehr)),
    "untrusted_issuer",
  );
  assert.equal(
    thrown(() => selectConfiguration([first, second], undefined)),
    "invalid_configuration",
  );
});

test("a stored launch is recognized by its client and server", () => {
  const server = { fhirBase: ehr, clientId: "app" };
  assert.ok(isLaunchOf({ server }, { client_id: "app", iss: ehr }));
  assert.ok(isLaunchOf({ server }, { clientId: "app", trustedIssuers: [`${ehr}/`] }));
  assert.ok(!isLaunchOf({ server }, { clientId: "other", iss: ehr }));
  assert.ok(!isLaunchOf({ server }, { clientId: "app", iss: "https://other.example" }));
  const state = { serverUrl: "https://open.example/fhir" };
  assert.ok(isLaunchOf({ state }, { fhirServiceUrl: state.serverUrl }));
  assert.ok(!isLaunchOf({ state }, { fhirServiceUrl: "https://other.example/fhir" }));
  assert.ok(!isLaunchOf({ state }, { fhirServiceUrl: state.serverUrl, iss: ehr }));
});

test("fhirclient 1's names and the members of smartrust's configuration are accepted", (t) => {
  const old = { client_id: "app", redirect_uri: "https://app.example/", tokenProxy: "/token", pkceMode: "required" };
  globalThis.location = new URL("https://app.example/launch.html");
  t.after(() => delete globalThis.location);
  assert.deepEqual(serverOf(old, ehr), {
    fhirBase: ehr,
    clientId: "app",
    redirectUri: "https://app.example/",
    scope: "",
    pkce: "required",
    tokenProxy: "/token",
  });
  assert.equal(serverOf({}, ehr).redirectUri, "https://app.example/");
  assert.equal(
    thrown(() => serverOf({ pkceMode: "plain" }, ehr)),
    "invalid_configuration",
  );
  assert.throws(() => serverOf({ iss: "ehr.example" }, "ehr.example"), { code: "invalid_configuration", message: /configuration's iss is wrong/ });
});

test("smartrust does not import it", async () => {
  const folder = new URL("../../pkg/", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".js") && !/fhirclient(\.global)?(\.min)?\.js$/.test(name));
  assert.ok(files.includes("index.js"));
  for (const name of files) assert.doesNotMatch(await readFile(new URL(name, folder), "utf8"), /fhirclient/, name);
});

test("in Node, a launch is rejected because it needs a page", async () => {
  for (const call of [() => oauth2.authorize({ iss: ehr }), () => oauth2.ready(), () => oauth2.init({ iss: ehr })]) {
    await assert.rejects(call, { name: "SmartError", code: "navigation_unavailable" });
  }
});

test("in Node, a server without authorization can be used", async () => {
  const patient = { resourceType: "Patient", id: "1" };
  const files = {
    "/fhir/Patient/1": (_, response) => response.end(JSON.stringify(patient)),
  };
  const server = await startServer({ files });
  running.push(server);
  const open = client(server.fhirBase);
  assert.ok(open instanceof Client && open instanceof FhirClient && FHIR.client === client);
  assert.equal(open.fhirBaseUrl, server.fhirBase);
  assert.deepEqual(await open.request("Patient/1"), patient);
  await assert.rejects(open.request("Patient/2"), ({ code, status, statusCode, operationOutcome }) => {
    assert.deepEqual([code, status, statusCode], ["not_found", 404, 404]);
    return operationOutcome.issue[0].diagnostics === "there is none";
  });
  assert.ok(server.requests.every(({ hasToken }) => !hasToken));
  assert.equal(open.patient.id, null);
  await assert.rejects(open.patient.read(), { code: "no_patient" });
  await assert.rejects(open.encounter.read(), { code: "no_encounter" });
  await assert.rejects(open.user.read(), { code: "no_user" });
  await assert.rejects(open.request("https://elsewhere.example/fhir/Patient/1"), { code: "foreign_url" });
  await assert.rejects(open.request({ url: "Patient/1", signal: AbortSignal.abort() }), { code: "aborted" });
  await assert.rejects(client("http://127.0.0.1:9/fhir").request("Patient/1"), { code: "network" });
});

test("S8 requests to a server without authorization send no cookie and no referrer", async (t) => {
  const sent = [];
  t.mock.method(globalThis, "fetch", async (url, { credentials, referrerPolicy }) => {
    sent.push([credentials, referrerPolicy]);
    return Response.json({ resourceType: "Patient", id: "1" });
  });
  await client("https://open.example/fhir").request("Patient/1");
  assert.deepEqual(sent, [["omit", "no-referrer"]]);
});

const pdf = new Uint8Array([0x25, 0x50, 0x44, 0x46, 0x2d, 0xff, 0x00]);
const text = "Grüße";
const bodies = {
  "/fhir/Binary/pdf": ["application/pdf", pdf],
  "/fhir/Binary/text": ["text/plain; charset=utf-8", text],
  "/fhir/metadata": ["text/html", "<p>Hello</p>"],
  "/fhir/Binary/wrapped": [
    "application/fhir+json",
    JSON.stringify({ resourceType: "Binary", contentType: "application/pdf", data: Buffer.from(pdf).toString("base64") }),
  ],
  "/fhir/Patient/damaged": ["application/fhir+json", "{"],
  "/fhir/Patient/1": ["application/fhir+json", JSON.stringify({ resourceType: "Patient", id: "1" })],
  "/fhir/Patient/xml": ["application/fhir+xml", "<Patient/>"],
};
const files = Object.fromEntries(
  Object.entries(bodies).map(([path, [type, body]]) => [
    path,
    (_, response) => {
      response.writeHead(200, { "content-type": type });
      response.end(body);
    },
  ]),
);

/** A client without a token, one of a session, and one with a token of the app's own, of the same server. */
async function clients() {
  const server = await startServer({ files });
  running.push(server);
  const app = new SmartApp({ server: serverRecord(server.fhirBase), store: "memory" });
  const session = await app.sessionFromToken("made-for-this-test");
  const own = client({ serverUrl: server.fhirBase, tokenResponse: { access_token: "made-for-this-test" } });
  return { server, all: [client(server.fhirBase), new Client(session), own] };
}

test("F14 text and other content is returned as by fhirclient, whatever the Accept header", async () => {
  const { all } = await clients();
  for (const one of all) {
    for (const request of ["Binary/text", { url: "Binary/text", headers: { accept: "text/plain" } }]) {
      assert.equal(await one.request(request), text);
    }
    assert.equal(await one.request({ url: "metadata", headers: { accept: "text/html" } }), "<p>Hello</p>");
    for (const request of [
      "Binary/pdf",
      { url: "Binary/pdf", headers: { accept: "application/pdf" } },
      { url: "Binary/wrapped", headers: { accept: "application/pdf" } },
    ]) {
      const response = await one.request(request);
      assert.ok(response instanceof Response, JSON.stringify(request));
      assert.equal(response.headers.get("content-type"), "application/pdf");
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), pdf);
    }
    const { body, response } = await one.request({ url: "Binary/text", includeResponse: true });
    assert.deepEqual([body, await response.text()], [text, text]);
    const xml = await one.request({ url: "Patient/xml", headers: { accept: "application/fhir+xml" } });
    assert.equal(await xml.text(), "<Patient/>");
    assert.equal((await one.request("Patient/1", { resolveReferences: "link.other" })).id, "1");
    await assert.rejects(one.request("Patient/damaged"), { code: "not_json" });
  }
});

test("A10 F1 an app's own access token is only sent to its server, and is not visible", async () => {
  const { server, all } = await clients();
  const before = server.requests.length;
  const own = all.at(-1);
  assert.equal((await own.request("Patient/1")).id, "1");
  assert.deepEqual(
    server.requests.slice(before).map(({ method, url, hasToken }) => [method, url, hasToken]),
    [["GET", "/fhir/Patient/1", true]],
  );
  for (const foreign of ["https://elsewhere.example/fhir/Patient/1", server.fhirBase.replace("/fhir", "/other/Patient/1")]) {
    await assert.rejects(own.request(foreign), { code: "foreign_url" });
  }
  assert.equal(
    thrown(() => own.getAuthorizationHeader()),
    "unsupported_option",
  );
  assert.equal(
    thrown(() => own.state.tokenResponse.access_token),
    "unsupported_option",
  );
  assert.doesNotMatch(JSON.stringify(Object.entries(own)), /made-for-this-test/);
  await assert.rejects(own.refresh(), { code: "refresh_unavailable" });
});

test("A10 the state with an app's own token has a context, and the token expires", async () => {
  const { server } = await clients();
  const state = { serverUrl: server.fhirBase, tokenResponse: { access_token: "made-for-this-test", patient: "1", fhirUser: "Patient/1" } };
  const one = client(state);
  assert.deepEqual([one.patient.id, one.user.resourceType, one.session], ["1", "Patient", undefined]);
  assert.equal((await one.patient.read()).id, "1");
  assert.equal(one.state.tokenResponse.patient, "1");
  const late = client({ ...state, expiresAt: Date.now() / 1000 - 10 });
  await assert.rejects(late.request("Patient/1"), { code: "session_expired" });
  for (const more of [{ refresh_token: "r" }, { id_token: "i" }]) {
    assert.equal(
      thrown(() => client({ ...state, tokenResponse: { ...state.tokenResponse, ...more } })),
      "unsupported_option",
    );
  }
});

test("observations are grouped, and other values are ignored", () => {
  const open = client(base);
  const observation = { resourceType: "Observation", code: { coding: [null, { code: "a" }, {}] }, category: [null, { coding: null }] };
  for (const nothing of [null, undefined, [], [null], "x"]) {
    assert.deepEqual(open.byCode(nothing, "code"), {});
    assert.deepEqual(open.byCodes(nothing, "code")("a"), []);
  }
  assert.deepEqual(open.byCode(observation, "code"), { a: [observation] });
  assert.deepEqual(open.byCode([observation], "category"), {});
  assert.deepEqual(open.byCode(observation, null), {});
  const named = { resourceType: "Observation", code: { coding: [{ code: "constructor" }] } };
  assert.deepEqual(Object.entries(open.byCode(named, "code")), [["constructor", [named]]]);
  assert.equal(open.getPath(observation, null), observation);
});
