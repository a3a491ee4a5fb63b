// The tests for servers that use the package: of a framework, which renders pages, or of a host for services.

import assert from "node:assert/strict";
import { test } from "node:test";
import { iss } from "../../e2e/support/servers.mjs";
import { checkReport } from "./service.mjs";

/** Defines the tests that a framework's server, started by `serve`, calls the package while it renders a page, and runs a backend service. */
export function checkServer(name, consumer, serve) {
  test(`${name}: the server renders a page with the EHR's configuration`, async () => {
    const server = await serve();
    try {
      const { token_endpoint: endpoint } = await (await fetch(`${iss}/.well-known/smart-configuration`)).json();
      const page = await (await fetch(consumer.home)).text();
      // Frameworks write comments between texts.
      assert.ok(page.replace(/<!--.*?-->/g, "").includes(`Token endpoint: ${endpoint}`), page);
    } finally {
      await server.stop();
    }
  });
  checkService(`${name}, on the server`, consumer, serve);
}

/** Defines the test that a server, started by `serve`, runs a backend service when it gets a request for a path. */
export function checkService(name, consumer, serve, path = "service") {
  test(`${name}: a backend service reads and exports`, async () => {
    const server = await serve();
    try {
      // As JSON, because frameworks refuse forms of other origins.
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${consumer.home}${path}`, { method: "POST", headers, body: "{}" });
      checkReport(await response.text());
    } finally {
      await server.stop();
    }
  });
}
