// Packs the npm package as it would be published and uses it as its users do, one line a check:
//   node tests/consumers/run.mjs [part of a consumer's folder, such as vite-8/]
// EHR_ORIGIN names a sandbox EHR with registration: `cargo run -p sandbox-ehr -- --dialect webchart-2026`.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFolder } from "../e2e/support/report.mjs";
import { pack } from "./support/npm.mjs";

const folder = mkdtempSync(join(tmpdir(), "smartrust-packed-"));
try {
  process.env.TARBALL = pack(folder);
  process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2] });
} finally {
  rmSync(folder, { recursive: true });
}
