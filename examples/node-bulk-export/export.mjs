// Exports the records of a group's members to a folder: node export.mjs <folder>
// Killed and started again, it takes up the same job and fetches only what is missing.
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BackendClient, Keys } from "smartrust/backend";

const { FHIR_BASE, CLIENT_ID, KEY_FILE, GROUP, SCOPE = "system/*.rs" } = process.env;
const folder = process.argv[2];
if (!FHIR_BASE || !CLIENT_ID || !KEY_FILE || !GROUP || !folder) {
  console.error("FHIR_BASE=… CLIENT_ID=… KEY_FILE=key.pem GROUP=… node export.mjs <folder>");
  process.exit(2);
}

const show = (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
const bar = (done, total) => `[${"#".repeat(Math.round((20 * done) / (total || 1))).padEnd(20)}] ${done} of ${total} files`;

try {
  const key = await Keys.importPem(await readFile(KEY_FILE, "utf8"));
  const client = new BackendClient({ fhirBase: FHIR_BASE, clientId: CLIENT_ID, scope: SCOPE, key });
  await mkdir(folder, { recursive: true });
  const { job, manifest } = await findJob(client);
  const { output } = manifest;
  for (const [index, file] of output.entries()) {
    show(bar(index, output.length));
    const target = join(folder, `${String(index + 1).padStart(4, "0")}-${file.type ?? "resources"}.ndjson`);
    if (!existsSync(target)) await save(job, file, target);
  }
  show(`${bar(output.length, output.length)}\n`);
  await writeFile(join(folder, "manifest.json"), JSON.stringify(wholeOf(manifest), null, 2));
  await job.cancel();
  await rm(join(folder, "job.json"), { force: true });
} catch (error) {
  show(`${error.message}\n`);
  process.exitCode = 1;
}

/** The job of the last run, where the server still has it, else a new one; with its manifest. */
async function findJob(client) {
  const kept = join(folder, "job.json");
  const onProgress = ({ text = "preparing", pause }) => show(`${text} (asking again in ${Math.round(pause)} s)`);
  if (existsSync(kept)) {
    const job = await client.exportAt(JSON.parse(await readFile(kept, "utf8")).statusUrl);
    const manifest = await job.wait({ onProgress }).catch((error) => [404, 410].includes(error.status) ? null : Promise.reject(error));
    if (manifest) return { job, manifest };
  }
  // Files of a job that is gone do not go with those of a new one.
  for (const name of await readdir(folder)) if (/^\d{4}-\w+\.ndjson(\.part)?$/.test(name)) await rm(join(folder, name));
  const job = await client.startExport({ group: GROUP });
  await writeFile(kept, JSON.stringify({ statusUrl: job.statusUrl }));
  return { job, manifest: await job.wait({ onProgress }) };
}

/** The manifest as the server sent it; one of several pages as one. */
function wholeOf({ document, output, deleted, error }) {
  const { link, ...first } = document;
  return { ...first, output, deleted, error };
}

/** Saves a file under its name only when it is whole. */
async function save(job, file, target) {
  await pipeline(await job.download(file), createWriteStream(`${target}.part`));
  await rename(`${target}.part`, target);
}
