// Tests the documentation's code blocks, links and table of errors, and prints one line for each test:
//   node tests/docs/run.mjs [part of a file's name]

import { runFolder } from "../e2e/support/report.mjs";

process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
