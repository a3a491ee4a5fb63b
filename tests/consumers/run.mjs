// Packs the npm package as for publication, uses it in each consumer, and prints one line for each test:
//   node tests/consumers/run.mjs [part of a consumer's folder, such as vite-8/]
// EHR_ORIGIN is the origin of a sandbox EHR with dynamic registration: `cargo run -p sandbox-ehr -- --dialect webchart-2026`.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFolder } from "../e2e/support/report.mjs";
import { pack } from "./support/npm.mjs";

const folder = mkdtempSync(join(tmpdir(), "smartrust-packed-"));
try {
  process.env.TARBALL = pack(folder);
  process.exitCode = await runFolder(new URL(".", import.meta.url), { wanted: process.argv[2], timeout: 600_000 });
} finally {
  rmSync(folder, { recursive: true });
}
