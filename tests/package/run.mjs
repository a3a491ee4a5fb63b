// Packs the npm package as for publication, checks it, and prints one line for each test:
//   node tests/package/run.mjs [part of a file's name]
// After a change of the public types, `node tests/package/run.mjs --write` writes the reports in api/ anew.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../consumers/support/npm.mjs";
import { runFolder } from "../e2e/support/report.mjs";
import { writeReports } from "./report.mjs";

if (process.argv[2] === "--write") {
  writeReports();
} else {
  const folder = mkdtempSync(join(tmpdir(), "smartrust-packed-"));
  try {
    process.env.TARBALL = pack(folder);
    process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
