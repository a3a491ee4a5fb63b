// One headless Chromium a file, a fresh context a check, and what every check demands of a page besides its own matter:
// no uncaught error and nothing that the content security policy had to block.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, test as nodeTest } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Traffic } from "./traffic.mjs";

const output = fileURLToPath(new URL("../output/", import.meta.url));
const patience = 20_000;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing leaves this machine.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

let launched;

function browser() {
  launched ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  return launched;
}

after(async () => (await launched)?.close());

/**
 * A check in a browser of its own. `body` gets the context, its first page, and the traffic of all its pages.
 * When it fails, the screenshot of each open page lies in tests/e2e/output. With `bypassCSP` no page has a content security
 * policy, so that what is refused is refused by the client. With `blocks` the policy must block something, and only what that matches.
 * With `throws` the body itself causes uncaught errors that match it.
 */
export function test(name, body, { bypassCSP = false, blocks, throws } = {}) {
  nodeTest(name, async () => {
    const context = await (await browser()).newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, bypassCSP });
    context.setDefaultTimeout(patience);
    const traffic = new Traffic(context);
    const complaints = listen(context);
    try {
      await body({ context, page: await context.newPage(), traffic });
      assert.deepEqual(complaints.filter((complaint) => !(blocks ?? throws)?.test(complaint)), [], "the pages complained");
      assert.ok(!blocks || complaints.length > 0, "the policy blocked nothing");
    } catch (error) {
      throw await explained(error, name, context, complaints);
    } finally {
      await context.close();
    }
  });
}

/** Collects uncaught errors, panics and blocked content of every page. */
function listen(context) {
  const complaints = [];
  context.on("weberror", (event) => complaints.push(String(event.error())));
  context.on("console", (message) => {
    if (/Content Security Policy|panicked at/i.test(message.text())) complaints.push(message.text());
  });
  return complaints;
}

/** The error with what the pages complained of, where they were, and what they looked like. */
async function explained(error, name, context, complaints) {
  mkdirSync(output, { recursive: true });
  const file = name.replace(/[^a-z0-9]+/gi, "-").toLowerCase().slice(0, 80);
  const lines = complaints.map((complaint) => `the page complained: ${complaint}`);
  for (const [index, page] of context.pages().entries()) {
    const path = `${output}${file}-${index + 1}.png`;
    const taken = await page.screenshot({ path, fullPage: true, timeout: 5_000 }).then(() => path, () => "no screenshot");
    lines.push(`at ${withoutQuery(page.url())} (${taken})`);
  }
  error.stack = [error.stack, ...lines].join("\n");
  return error;
}

/** An address without what may be secret in it. */
function withoutQuery(address) {
  return address.replace(/[?#].*$/, "");
}
