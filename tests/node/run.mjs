// Runs every *.test.mjs of this folder, with the npm package that `cargo xtask build` made, and prints a line for each test:
//   node tests/node/run.mjs [part of a file's name]

import { runFolder } from "../e2e/support/report.mjs";

process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
