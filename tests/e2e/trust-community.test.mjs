// Trust communities are for servers: what a page gets.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { home } from "./support/package.mjs";

test("U18 U19 in a browser, the client of a trust community is a typed error that names the guide, and nothing is stored or sent", async ({ page, traffic }) => {
  await page.goto(home);
  const result = await page.evaluate(`(async () => {
    const { SmartError, UdapClient } = await import("/pkg/udap.js");
    const key = "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----";
    const config = { certificate: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----", key, communities: [] };
    const error = await UdapClient.create(config).catch((error) => error);
    return {
      isOwn: error instanceof SmartError,
      code: error.code,
      message: error.message,
      stored: [...Object.values(localStorage), ...Object.values(sessionStorage)].join(),
    };
  })()`);
  assert.ok(result.isOwn);
  assert.equal(result.code, "certificates_unavailable");
  assert.match(result.message, /smartrust\/udap in Node, Deno or Bun.*Join a trust community/);
  assert.ok(!result.stored.includes("BEGIN"), result.stored);
  assert.deepEqual(traffic.to("https://"), []);
});
