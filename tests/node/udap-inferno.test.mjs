// What an app in a trust community sends, with the checks of Inferno's client suite for UDAP Security: client_suite/registration_request_verification.rb
// and token_request_verification.rb of github.com/inferno-framework/udap-security-test-kit, version of 2025, written anew.

import assert from "node:assert/strict";
import { X509Certificate, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { UdapClient } from "../../pkg/node-udap.js";
import { openssl, startSandbox } from "./sandbox.mjs";

const APP = "https://app.example/udap";
const CONTACTS = ["https://app.example/", "mailto:ops@app.example"];
const SERVICE = { clientName: "A service", contacts: CONTACTS, scope: "system/*.rs" };
const USERS = {
  clientName: "An app",
  contacts: CONTACTS,
  scope: "patient/*.rs",
  grantTypes: ["authorization_code", "refresh_token"],
  redirectUris: ["https://app.example/code"],
  logoUri: "https://app.example/logo.png",
};
const PURPOSE = { organizationId: "https://acme.example/org", purposeOfUse: ["urn:oid:2.16.840.1.113883.5.8#TREAT"] };

let ehr;
let folder;
let server;
/** The requests with a body, and when they were sent, in seconds since 1970. */
const posted = [];
const { fetch } = globalThis;

before(async () => {
  ehr = await startSandbox("tefca");
  folder = mkdtempSync(join(tmpdir(), "smartrust-inferno-"));
  const [key, request] = ["app.key", "app.csr"].map((name) => join(folder, name));
  const subject = ["-subj", "/CN=app", "-addext", `subjectAltName=URI:${APP}`];
  openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", ...subject, "-keyout", key, "-out", request);
  const issued = await fetch(`${ehr.base}/community/certificates`, { method: "POST", body: readFileSync(request) });
  const anchors = await (await fetch(`${ehr.base}/community/anchors.pem`)).text();
  const udap = await UdapClient.create({ certificate: await issued.text(), key: readFileSync(key, "utf8"), communities: [{ anchors }] });
  server = await udap.discover(ehr.fhirBase);
  globalThis.fetch = (input, init) => {
    const { url, body } = { url: input.url ?? String(input), body: init?.body };
    if (body !== undefined && body !== null) posted.push({ url, body: String(body), at: Date.now() / 1000 });
    return fetch(input, init);
  };
});

after(async () => {
  globalThis.fetch = fetch;
  rmSync(folder, { recursive: true });
  await ehr.stop();
});

/** The requests that `work` sends. */
async function sentBy(work) {
  posted.length = 0;
  await work();
  return posted.splice(0);
}

/** The header and the claims of a JWT whose signature is valid for the first certificate of its header. */
function decoded(jwt) {
  const [header, claims, signature] = jwt.split(".");
  const { alg, x5c } = JSON.parse(Buffer.from(header, "base64url"));
  assert.equal(alg, "RS256");
  const leaf = new X509Certificate(Buffer.from(x5c[0], "base64"));
  assert.ok(verify("sha256", Buffer.from(`${header}.${claims}`), leaf.publicKey, Buffer.from(signature, "base64url")), "the signature");
  assert.ok(leaf.subjectAltName.includes(`URI:${APP}`), "the certificate is the app's");
  return { claims: JSON.parse(Buffer.from(claims, "base64url")), certificate: x5c[0] };
}

/** Issued at the time of the request, and valid for five minutes at most. */
function checkTimes({ iat, exp }, at) {
  assert.ok(Number.isInteger(iat) && Number.isInteger(exp), "iat and exp are numbers");
  assert.ok(iat <= at + 5 && iat >= at - 60, "iat is now");
  assert.ok(exp > at && exp - iat <= 300, "exp is within five minutes after iat");
}

/** Checks a registration request, and returns the certificate that signed it. */
function checkRegistration({ url, body, at }, grantTypes) {
  const { registrationEndpoint } = server.describe();
  assert.equal(url, registrationEndpoint);
  const request = JSON.parse(body);
  assert.equal(request.udap, "1");
  const { claims, certificate } = decoded(request.software_statement);
  assert.deepEqual([claims.iss, claims.sub, claims.aud], [APP, APP, registrationEndpoint]);
  checkTimes(claims, at);
  for (const name of ["jti", "client_name", "scope"]) assert.ok(claims[name].length > 0, name);
  assert.ok(claims.contacts.some((contact) => new URL(contact).protocol === "mailto:"), "contacts have a mailto URI");
  assert.equal(claims.token_endpoint_auth_method, "private_key_jwt");
  assert.deepEqual(claims.grant_types, grantTypes);
  if (grantTypes.includes("client_credentials")) {
    for (const name of ["redirect_uris", "response_types", "logo_uri"]) assert.ok(!(name in claims), name);
  } else {
    assert.ok(claims.redirect_uris.length > 0 && claims.redirect_uris.every((uri) => new URL(uri).protocol === "https:"), "redirect_uris");
    assert.match(claims.logo_uri, /^https:.*\.(gif|jpg|jpeg|png)$/i);
    assert.deepEqual(claims.response_types, ["code"]);
  }
  return certificate;
}

/** Checks a token request, and returns its form and the claims of its assertion. */
function checkToken({ url, body, at }, grantType, clientId, certificate) {
  const { tokenEndpoint } = server.describe();
  assert.equal(url, tokenEndpoint);
  const form = Object.fromEntries(new URLSearchParams(body));
  assert.equal(form.grant_type, grantType);
  assert.equal(form.client_assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  assert.equal(form.udap, "1");
  const assertion = decoded(form.client_assertion);
  assert.equal(assertion.certificate, certificate, "the assertion has the certificate of the registration");
  assert.deepEqual([assertion.claims.iss, assertion.claims.sub, assertion.claims.aud], [clientId, clientId, tokenEndpoint]);
  checkTimes(assertion.claims, at);
  assert.ok(assertion.claims.jti.length > 0, "jti");
  return { form, claims: assertion.claims };
}

test("U6 U7 U13 U14 a service passes Inferno's checks of registration and token requests", async () => {
  let registration;
  const [registered, ...more] = await sentBy(async () => (registration = await server.register(SERVICE)));
  assert.deepEqual(more, []);
  const certificate = checkRegistration(registered, ["client_credentials"]);
  const requests = await sentBy(async () => {
    for (let request = 0; request < 2; request += 1) await registration.clientCredentials({ purpose: PURPOSE });
  });
  assert.equal(requests.length, 2);
  const ids = new Set();
  for (const request of requests) {
    const { claims } = checkToken(request, "client_credentials", registration.clientId, certificate);
    ids.add(claims.jti);
    const extension = claims.extensions["hl7-b2b"];
    assert.equal(extension.version, "1");
    assert.ok(new URL(extension.organization_id));
    assert.ok(Array.isArray(extension.purpose_of_use) && extension.purpose_of_use.length > 0, "purpose_of_use");
  }
  assert.equal(ids.size, 2, "no jti is used twice");
});

test("U6 U7 U13 an app with users passes Inferno's checks of registration and token requests", async () => {
  let registration;
  const [registered] = await sentBy(async () => (registration = await server.register(USERS)));
  const certificate = checkRegistration(registered, ["authorization_code", "refresh_token"]);
  const redirectUri = USERS.redirectUris[0];
  // The server knows neither the code nor the refresh token. The requests are what is checked.
  const [exchange] = await sentBy(() => registration.exchange({ code: "abc", redirectUri, codeVerifier: "v".repeat(43) }).catch(() => {}));
  const { form } = checkToken(exchange, "authorization_code", registration.clientId, certificate);
  assert.deepEqual([form.code, form.redirect_uri, form.code_verifier], ["abc", redirectUri, "v".repeat(43)]);
  const [refresh] = await sentBy(() => registration.refresh({ refreshToken: "def" }).catch(() => {}));
  assert.equal(checkToken(refresh, "refresh_token", registration.clientId, certificate).form.refresh_token, "def");
});
