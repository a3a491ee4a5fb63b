// Runs the checks of a folder, and turns the events of node:test into one line a check.

import { readdirSync } from "node:fs";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

/**
 * Runs the test files of a folder and of those in it whose names contain `wanted`: two at a time, and then one by one those that end in
 * `.alone.test.mjs`, because they order faults of the servers or revoke what others may hold. What ends in `.long.test.mjs` runs where it
 * is wanted by name or the environment has LONG_TESTS.
 */
export async function runFolder(address, { wanted = "" }) {
  const folder = fileURLToPath(address);
  const isWanted = (name) => name.includes(wanted) && (wanted || process.env.LONG_TESTS || !name.endsWith(".long.test.mjs"));
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".test.mjs") && isWanted(name)).sort();
  const alone = files.filter((name) => name.endsWith(".alone.test.mjs"));
  const others = files.filter((name) => !alone.includes(name));
  const count = { passed: 0, failed: 0 };
  for (const [names, concurrency] of [[others, 2], [alone, 1]]) {
    if (names.length === 0) continue;
    const { passed, failed } = await report(run({ files: names.map((name) => folder + name), concurrency, timeout: 300_000 }));
    count.passed += passed;
    count.failed += failed;
  }
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
}

/** Prints each check as it ends, and counts them. */
async function report(events) {
  const count = { passed: 0, failed: 0 };
  for await (const { type, data } of events) {
    if (type === "test:pass" && isCheck(data)) {
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

/** A file that holds checks is none itself. */
function isCheck({ name, details }) {
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
