// Runs every *.test.mjs in this folder against the servers in EHR_ORIGIN and APP_ORIGIN, and prints one line for each test:
//   node tests/e2e/run.mjs [part of a file's name]

import { runFolder } from "./support/report.mjs";

process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
