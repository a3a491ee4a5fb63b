// Runs the tests of a folder, and prints one line for each test.

import { readdirSync } from "node:fs";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

/**
 * Runs the test files in a folder and its subfolders whose names contain `wanted`, two at a time. Files that end in `.alone.test.mjs` run
 * last, one by one, because they inject faults or revoke grants of others. Files that end in `.long.test.mjs` only run if `wanted`
 * selects them or the environment sets LONG_TESTS. `timeout` limits the time of a file, in milliseconds.
 */
export async function runFolder(url, { wanted = "", timeout = 300_000 }) {
  const folder = fileURLToPath(url);
  const isWanted = (name) => name.includes(wanted) && (wanted || process.env.LONG_TESTS || !name.endsWith(".long.test.mjs"));
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".test.mjs") && isWanted(name)).sort();
  const alone = files.filter((name) => name.endsWith(".alone.test.mjs"));
  const others = files.filter((name) => !alone.includes(name));
  const count = { passed: 0, failed: 0 };
  for (const [names, concurrency] of [[others, 2], [alone, 1]]) {
    if (names.length === 0) continue;
    const { passed, failed } = await report(run({ files: names.map((name) => folder + name), concurrency, timeout }));
    count.passed += passed;
    count.failed += failed;
  }
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
}

/** Prints each test when it ends, and counts the tests. */
async function report(events) {
  const count = { passed: 0, failed: 0 };
  for await (const { type, data } of events) {
    if (type === "test:pass" && isTest(data)) {
      count.passed += 1;
      console.log(`ok   ${data.name} (${seconds(data)})`);
    }
    if (type === "test:fail") {
      count.failed += 1;
      console.log(`FAIL ${data.name} (${seconds(data)})`);
      console.log(indented(explanation(data.details.error)));
    }
    if (type === "test:stderr") {
      process.stderr.write(data.message);
    }
  }
  return count;
}

/** node:test also reports each file as a test. */
function isTest({ name, details }) {
  return details.type !== "suite" && !name.endsWith(".test.mjs");
}

function seconds({ details }) {
  return `${(details.duration_ms / 1000).toFixed(1)} s`;
}

function explanation(error) {
  const cause = error?.cause ?? error;
  return cause?.stack ?? cause?.message ?? String(cause);
}

function indented(text) {
  return text.replace(/^/gm, "     ");
}
