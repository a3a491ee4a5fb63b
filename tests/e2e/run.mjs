// Runs every *.test.mjs of this folder against the servers that EHR_ORIGIN and APP_ORIGIN name, one line a check:
//   node tests/e2e/run.mjs [part of a file's name]

import { readdirSync } from "node:fs";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { report } from "./support/report.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv[2] ?? "";
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs") && name.includes(wanted))
  .sort()
  .map((name) => folder + name);

const { passed, failed } = await report(run({ files, concurrency: 1, timeout: 300_000 }));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
