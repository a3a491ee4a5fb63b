// The npm package in Node: an app in the trust community of the sandbox EHR, from a certificate to the first record.

import assert from "node:assert/strict";
import { X509Certificate, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BackendClient } from "../../pkg/node-backend.js";
import { SmartError, UdapClient } from "../../pkg/node-udap.js";
import { openssl, startSandbox } from "./sandbox.mjs";

const APP = "https://app.example/udap";
const COMMUNITY = "https://community.example/tefca";
const PURPOSE = { organizationId: "https://acme.example/org", purposeOfUse: ["urn:oid:2.16.840.1.113883.5.8#TREAT"] };
const STATEMENT = { clientName: "Acme", contacts: ["mailto:ops@acme.example"], scope: "system/*.rs" };

let ehr;
let folder;
let anchors;
let key;
let certificate;

before(async () => {
  ehr = await startSandbox("tefca");
  folder = mkdtempSync(join(tmpdir(), "smartrust-udap-"));
  anchors = await (await fetch(`${ehr.base}/community/anchors.pem`)).text();
  writeFileSync(join(folder, "anchors.pem"), anchors);
  certificate = await certificateFor(APP, "app");
  key = readFileSync(join(folder, "app.key"), "utf8");
});

after(async () => {
  rmSync(folder, { recursive: true });
  await ehr.stop();
});

/** A certificate of the sandbox's authority, for a new key in a file. */
async function certificateFor(uri, name, ...more) {
  const names = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.csr`)];
  openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app", "-addext", `subjectAltName=URI:${uri}`, ...names, ...more);
  const body = readFileSync(join(folder, `${name}.csr`));
  const response = await fetch(`${ehr.base}/community/certificates`, { method: "POST", body });
  assert.equal(response.status, 200);
  return response.text();
}

function config(more = {}) {
  return { certificate, key, communities: [{ uri: COMMUNITY, anchors }], ...more };
}

const discovered = async (more) => (await UdapClient.create(config(more))).discover(ehr.fhirBase);

/** The error that something rejects with. */
async function errorOf(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  assert.ok(error instanceof SmartError, String(error));
  return error;
}

/** A store in memory, as an app would have one in a file. */
function storeOf(entries = new Map()) {
  return {
    entries,
    get: (key) => entries.get(key),
    set: (key, text) => void entries.set(key, text),
    remove: (key) => void entries.delete(key),
    keys: (prefix) => [...entries.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** Checks by openssl whether a certificate is on the authority's list. */
async function checkRevocation({ certificate, issuer }) {
  const list = Buffer.from(await (await fetch(`${ehr.base}/community/revoked.crl`)).arrayBuffer());
  const file = (name, bytes) => (writeFileSync(join(folder, name), bytes), join(folder, name));
  const files = [file("leaf.pem", new X509Certificate(certificate).toString()), file("issuer.pem", new X509Certificate(issuer).toString())];
  const crl = ["-CRLfile", file("list.pem", openssl("crl", "-inform", "DER", "-in", file("list.crl", list)))];
  try {
    openssl("verify", "-crl_check", "-CAfile", files[1], ...crl, files[0]);
    return "good";
  } catch (error) {
    return String(error).includes("revoked") ? "revoked" : "unknown";
  }
}

test("U3 U7 U13 U14 an app with a certificate registers and reads its first record", async () => {
  const udap = await UdapClient.create(config());
  assert.equal(udap.uri, APP);
  assert.deepEqual(udap.findings(), []);
  assert.ok(udap.certificate.expiresAt > new Date() && udap.certificate.subject === "CN=app");
  const server = await udap.discover(ehr.fhirBase, { community: COMMUNITY });
  const { tokenEndpoint, certificates, profiles } = server.describe();
  assert.equal(tokenEndpoint, `${ehr.base}/token`);
  assert.ok(profiles.includes("udap_dcr"));
  assert.deepEqual(certificates.map(({ subject }) => subject), ["O=Sandbox EHR, CN=sandbox-ehr", "CN=Sandbox community CA"]);
  const registration = await server.register(STATEMENT);
  assert.equal(registration.change, "registered");
  assert.deepEqual(registration.changes, []);
  const service = new BackendClient(await registration.service({ purpose: PURPOSE }));
  assert.equal((await service.read("Patient/1")).resourceType, "Patient");
  const token = await registration.clientCredentials({ purpose: PURPOSE });
  assert.ok(token.accessToken.length > 20 && token.expiresIn > 0 && token.scope === "system/*.rs");
});

test("U13 Node and openssl verify an assertion with the certificate that it has", async () => {
  const registration = await (await discovered()).register(STATEMENT);
  const { parameters } = await registration.authenticate(`${ehr.base}/token`, { purpose: PURPOSE });
  assert.deepEqual(Object.keys(parameters), ["client_assertion_type", "client_assertion", "udap"]);
  const [header, claims, signature] = parameters.client_assertion.split(".");
  const { alg, x5c } = JSON.parse(Buffer.from(header, "base64url"));
  assert.equal(alg, "RS256");
  const leaf = new X509Certificate(Buffer.from(x5c[0], "base64"));
  const signed = Buffer.from(`${header}.${claims}`);
  assert.ok(verify("sha256", signed, leaf.publicKey, Buffer.from(signature, "base64url")));

  const file = (name, content) => (writeFileSync(join(folder, name), content), join(folder, name));
  const pem = file("own.pem", leaf.toString());
  assert.match(openssl("verify", "-CAfile", join(folder, "anchors.pem"), pem), /: OK/);
  const publicKey = file("own.pub", openssl("x509", "-in", pem, "-noout", "-pubkey"));
  const files = ["-signature", file("signature", Buffer.from(signature, "base64url")), file("signed", signed)];
  assert.match(openssl("dgst", "-sha256", "-verify", publicKey, ...files), /Verified OK/);

  const { iss, sub, aud, exp, iat, extensions } = JSON.parse(Buffer.from(claims, "base64url"));
  assert.deepEqual([iss, sub, aud, exp - iat], [registration.clientId, registration.clientId, `${ehr.base}/token`, 300]);
  assert.equal(extensions["hl7-b2b"].organization_id, PURPOSE.organizationId);
});

test("U3 a server that is not trusted gets nothing but the request for its metadata", async () => {
  const udap = await UdapClient.create(config());
  for (const [deviation, check] of [
    ["certificate-expired", "the certificate's dates"],
    ["certificate-wrong-uri", "the certificate's URI"],
    ["certificate-unknown-ca", "the certificate chain"],
    ["certificate-other-community", "the certificate chain"],
    ["metadata-unsigned", "signed_metadata"],
  ]) {
    await ehr.deviate(deviation);
    await ehr.clearRequests();
    const error = await errorOf(udap.discover(ehr.fhirBase));
    assert.deepEqual([error.code, error.check], ["udap_untrusted", check], `${deviation}: ${error.message}`);
    const paths = (await ehr.requests()).map(({ method, path }) => `${method} ${path.split("?")[0]}`);
    assert.deepEqual(paths, ["GET /webchart.cgi/fhir/.well-known/udap"], deviation);
  }
  await udap.discover(ehr.fhirBase);
});

test("U1 no community and no UDAP have different errors", async () => {
  const udap = await UdapClient.create(config());
  await ehr.deviate("community-unknown");
  const unknown = await errorOf(udap.discover(ehr.fhirBase));
  assert.equal(unknown.code, "udap_unsupported");
  assert.ok(unknown.message.includes(COMMUNITY), unknown.message);
  const absent = await errorOf(udap.discover(`${ehr.base}/elsewhere`));
  assert.ok(absent.code === "udap_unsupported" && absent.message.includes("no UDAP metadata"), absent.message);
});

test("U5 revocation is checked by the app, and can be required", async () => {
  const finding = (server) => server.findings().map(({ code }) => code);
  assert.deepEqual(finding(await discovered()), ["revocation_not_checked"]);
  const checking = { checkRevocation, requireRevocationCheck: true };
  assert.deepEqual(finding(await discovered(checking)), []);
  await ehr.deviate("certificate-revoked");
  const revoked = await errorOf(discovered(checking));
  assert.deepEqual([revoked.code, revoked.check], ["udap_untrusted", "the revocation of certificates"]);
  const failing = { checkRevocation: () => { throw new Error("offline"); }, requireRevocationCheck: true };
  assert.equal((await errorOf(discovered(failing))).check, "the revocation of certificates");
  assert.equal((await errorOf(UdapClient.create(config({ requireRevocationCheck: true })))).code, "invalid_configuration");
});

test("U7 U9 U16 a registration is kept, changed and cancelled", async () => {
  const store = storeOf();
  certificate = await certificateFor(`${APP}/kept`, "kept");
  key = readFileSync(join(folder, "kept.key"), "utf8");
  const first = await (await discovered({ store })).register(STATEMENT);
  assert.equal(first.change, "registered");
  // After a restart, with a renewed certificate for the same key.
  const request = readFileSync(join(folder, "kept.csr"));
  certificate = await (await fetch(`${ehr.base}/community/certificates`, { method: "POST", body: request })).text();
  const server = await discovered({ store });
  await ehr.clearRequests();
  const again = await server.register(STATEMENT);
  assert.deepEqual([again.clientId, again.change], [first.clientId, undefined]);
  assert.deepEqual(await ehr.requests(), []);
  const changed = await server.register({ ...STATEMENT, clientName: "Acme 2" });
  assert.deepEqual([changed.clientId, changed.change], [first.clientId, "modified"]);
  assert.equal((await server.registration()).clientId, first.clientId);
  assert.equal(await server.cancel(STATEMENT), true);
  assert.equal(await server.registration(), null);
  assert.equal(store.entries.size, 0);
});

test("U19 what is kept has no key, no certificate and no statement", async () => {
  const store = storeOf();
  await (await discovered({ store })).register(STATEMENT);
  const [text] = [...store.entries.values()];
  assert.ok(text.includes("client_id"));
  assert.ok(!text.includes("MII") && !text.includes("PRIVATE") && !text.includes("eyJ"), text);
});

test("U6 U14 what is wrong is an error before anything is sent", async () => {
  const server = await discovered();
  await ehr.clearRequests();
  const both = { ...STATEMENT, grantTypes: ["client_credentials", "authorization_code"] };
  assert.equal((await errorOf(server.register(both))).code, "invalid_configuration");
  assert.equal((await errorOf(server.register({ ...STATEMENT, contact: "x" }))).code, "invalid_configuration");
  assert.deepEqual(await ehr.requests(), []);
  const registration = await server.register(STATEMENT);
  await ehr.clearRequests();
  const missing = await errorOf(registration.clientCredentials());
  assert.ok(missing.code === "invalid_configuration" && missing.message.includes("hl7-b2b"), missing.message);
  const elsewhere = await errorOf(registration.authenticate("https://evil.example/token"));
  assert.equal(elsewhere.code, "client_authentication_failed");
  assert.deepEqual(await ehr.requests(), []);
});

test("U15 a certificate that does not fit is an error at the start", async () => {
  const other = await certificateFor(APP, "other");
  const wrong = await errorOf(UdapClient.create(config({ certificate: other })));
  assert.ok(wrong.code === "invalid_configuration" && wrong.message.includes("key"), wrong.message);
  const missing = await errorOf(UdapClient.create(config({ certificate: "none" })));
  assert.match(missing.message, /certificate is wrong/);
  assert.match((await errorOf(UdapClient.create(config({ community: [] })))).message, /community/);
});

test("U8 U15 a certificate of another authority is refused, and one that ends soon is a finding", async () => {
  const names = ["-keyout", join(folder, "self.key"), "-out", join(folder, "self.pem")];
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=self", "-addext", `subjectAltName=URI:${APP}`, ...names);
  const [certificate, key] = ["self.pem", "self.key"].map((name) => readFileSync(join(folder, name), "utf8"));
  const udap = await UdapClient.create(config({ certificate, key }));
  assert.deepEqual(udap.findings().map(({ code }) => code), ["certificate_expires_soon"]);
  const server = await udap.discover(ehr.fhirBase);
  assert.ok(server.findings().some(({ code }) => code === "certificate_of_another_community"));
  const refused = await errorOf(server.register(STATEMENT));
  assert.deepEqual([refused.code, refused.error], ["registration_failed", "unapproved_software_statement"]);
});

test("U18 a host without certificates says so", async () => {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = undefined;
  try {
    const error = await errorOf(UdapClient.create(config()));
    assert.equal(error.code, "certificates_unavailable");
    assert.match(error.message, /Join a trust community/);
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

test("a disposed client says so", async () => {
  const udap = await UdapClient.create(config());
  udap[Symbol.dispose ?? Object.getOwnPropertySymbols(UdapClient.prototype)[0]]();
  assert.throws(() => udap.uri, { code: "disposed" });
});
