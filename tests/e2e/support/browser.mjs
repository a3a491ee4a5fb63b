// One headless Chromium for each file and its flags, and a new context for each test. Every test also fails if a page has an uncaught error, or if
// the content security policy blocks something.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, test as nodeTest } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Traffic } from "./traffic.mjs";

const output = fileURLToPath(new URL("../output/", import.meta.url));
const timeout = 20_000;

/** A test that hangs fails on its own, before the limit of its file ends all others. */
const testTimeout = 120_000;

/** The command-line flags of Chromium. */
export const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Only local servers can be reached.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/** The flag that enables Chromium's back/forward cache. */
export const keepPages = "--enable-features=BackForwardCache";

const browsers = new Map();

/** Launches Chromium once with these additional flags. */
function browser(more) {
  const key = more.join(" ");
  if (!browsers.has(key)) {
    const ignoreDefaultArgs = more.includes(keepPages) ? ["--disable-back-forward-cache"] : [];
    browsers.set(key, chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...flags, ...more], ignoreDefaultArgs }));
  }
  return browsers.get(key);
}

after(async () => {
  for (const launched of browsers.values()) await (await launched).close();
});

/**
 * Defines a test with its own browser context. `body` gets the context, its first page, and the traffic of all its pages.
 * If it fails, a screenshot of each open page is saved in tests/e2e/output. With `bypassCSP`, no page has a content security policy, so
 * that only the client can refuse a request. With `blocks`, the policy must block something, and every blocked item must match it.
 * With `throws`, `body` itself may cause uncaught errors that match it. `more` are additional flags of Chromium.
 */
export function test(name, body, { bypassCSP = false, blocks, throws, more = [] } = {}) {
  nodeTest(name, { timeout: testTimeout }, async () => {
    const context = await (await browser(more)).newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, bypassCSP });
    context.setDefaultTimeout(timeout);
    const traffic = new Traffic(context);
    const problems = collectProblems(context);
    try {
      await body({ context, page: await context.newPage(), traffic });
      assert.deepEqual(problems.filter((problem) => !(blocks ?? throws)?.test(problem)), [], "the pages have errors or blocked content");
      assert.ok(!blocks || problems.length > 0, "the policy blocked nothing");
    } catch (error) {
      throw await withDetails(error, name, context, problems);
    } finally {
      await close(context);
    }
  });
}

/**
 * Closes a context. Its pages leave their documents first: if one of them navigates at that moment, Chromium sometimes never answers the
 * command that closes the context.
 */
async function close(context) {
  await Promise.allSettled(context.pages().map((page) => page.goto("about:blank")));
  await context.close();
}

/** Collects uncaught errors, panics and blocked content of every page. */
function collectProblems(context) {
  const problems = [];
  context.on("weberror", (event) => problems.push(String(event.error())));
  context.on("console", (message) => {
    if (/Content Security Policy|panicked at/i.test(message.text())) problems.push(message.text());
  });
  return problems;
}

/** Adds the problems of the pages, their URLs and the paths of their screenshots to an error. */
async function withDetails(error, name, context, problems) {
  mkdirSync(output, { recursive: true });
  const file = name.replace(/[^a-z0-9]+/gi, "-").toLowerCase().slice(0, 80);
  const lines = problems.map((problem) => `problem of a page: ${problem}`);
  for (const [index, page] of context.pages().entries()) {
    const path = `${output}${file}-${index + 1}.png`;
    const screenshot = await page.screenshot({ path, fullPage: true, timeout: 5_000 }).then(() => path, () => "no screenshot");
    lines.push(`at ${withoutQuery(page.url())} (${screenshot})`);
  }
  error.stack = [error.stack, ...lines].join("\n");
  return error;
}

/** Removes the query and the fragment of a URL, which may contain secrets. */
function withoutQuery(url) {
  return url.replace(/[?#].*$/, "");
}
