import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { ehr } from "./support/servers.mjs";
import { everythingStored, storedBeyondTheTab } from "./support/storage.mjs";

test("S1 no token is in localStorage, cookies or IndexedDB", async ({ page, traffic }) => {
  await connectAsPatient(page);
  const tokens = await traffic.tokenResponse("authorization_code");
  const stored = await storedBeyondTheTab(page);
  for (const kind of ["access_token", "refresh_token", "id_token"]) {
    assert.ok(tokens[kind], `the EHR sends a ${kind}`);
    assert.ok(!stored.includes(tokens[kind]), `the ${kind} is stored beyond the tab`);
  }
});

test("S6 after the exchange, neither the verifier nor the code is in storage", async ({ page, traffic }) => {
  await connectAsPatient(page);
  const [exchange] = traffic.tokenRequests("authorization_code");
  const sent = new URLSearchParams(exchange.postData());
  const stored = await everythingStored(page);
  for (const secret of ["code", "code_verifier"]) {
    assert.ok(sent.get(secret), `the exchange sends a ${secret}`);
    assert.ok(!stored.includes(sent.get(secret)), `the ${secret} is still stored`);
  }
});

test("S8 requests to the EHR have no cookie and no referrer, and token requests are not cached", async ({ page, traffic }) => {
  await connectAsPatient(page);
  const calls = traffic.to(ehr).filter((request) => request.resourceType() === "fetch");
  assert.ok(calls.length > 2, "the launcher calls discovery, the token endpoint and FHIR");
  for (const call of calls) {
    const headers = await call.allHeaders();
    assert.equal(headers.cookie, undefined, call.url());
    assert.equal(headers.referer, undefined, call.url());
  }
  const [exchange] = traffic.tokenRequests("authorization_code");
  assert.equal((await exchange.allHeaders())["cache-control"], "no-cache");
});
