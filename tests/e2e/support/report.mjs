// Runs the checks of a folder, and turns the events of node:test into one line a check.

import { readdirSync } from "node:fs";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

/** Runs every *.test.mjs of a folder whose name contains `wanted`, so many at once; returns the exit code. */
export async function runFolder(address, { wanted = "", concurrency = 1 }) {
  const folder = fileURLToPath(address);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".test.mjs") && name.includes(wanted))
    .sort()
    .map((name) => folder + name);
  const { passed, failed } = await report(run({ files, concurrency, timeout: 300_000 }));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
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
