// Runs every *.test.mjs in this folder with the npm package that `cargo xtask build` built, and prints one line for each test:
//   node tests/peers/run.mjs [part of a file's name]

import { runFolder } from "../e2e/support/report.mjs";

process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
