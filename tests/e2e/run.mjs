// Runs every *.test.mjs of this folder against the servers that EHR_ORIGIN and APP_ORIGIN name, one line a check:
//   node tests/e2e/run.mjs [part of a file's name]

import { runFolder } from "./support/report.mjs";

process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
