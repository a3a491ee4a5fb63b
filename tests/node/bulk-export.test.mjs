// Runs examples/node-bulk-export as a user does.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "./support.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const running = [];
after(() => Promise.all(running.map((stop) => stop())));

/** The example in a folder of its own, where the package is installed. */
async function install() {
  const folder = await mkdtemp(join(tmpdir(), "smartrust-export-"));
  running.push(() => rm(folder, { recursive: true }));
  await copyFile(join(root, "examples/node-bulk-export/export.mjs"), join(folder, "export.mjs"));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "pkg"), join(folder, "node_modules/smartrust"));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  return folder;
}

function start(folder, server) {
  const env = { ...process.env, FHIR_BASE: server.fhirBase, CLIENT_ID: "service", KEY_FILE: "key.pem", GROUP: "g" };
  const child = spawn(process.execPath, ["export.mjs", "out"], { cwd: folder, env });
  const said = [];
  child.stderr.on("data", (bytes) => said.push(String(bytes)));
  return { child, said, ended: once(child, "exit").then(([code]) => code) };
}

test("B6 an export resumes after the process was killed, and does not download saved files again", async () => {
  const texts = { "/1": '{"id":"a"}\n', "/2": '{"id":"b"}\n{"id":"c"}\n', "/3": '{"id":"d"}\n' };
  let isSlow = true;
  const reached = deferred();
  const files = Object.fromEntries(
    Object.entries(texts).map(([path, text]) => [
      path,
      (_, response) => {
        if (path !== "/2" || !isSlow) return response.end(text);
        response.write(text.slice(0, 5));
        reached.resolve();
      },
    ]),
  );
  const manifest = (origin) => ({
    requiresAccessToken: true,
    output: Object.keys(texts).map((path) => ({ type: "Patient", url: origin + path })),
  });
  const server = await startServer({ manifest, files, statuses: [{ "retry-after": "1", "x-progress": "one third" }] });
  running.push(() => server.stop());
  const folder = await install();

  const first = start(folder, server);
  await reached.promise;
  first.child.kill("SIGKILL");
  await first.ended;
  assert.ok(first.said.join("").includes("one third"), first.said.join(""));
  assert.deepEqual((await readdir(join(folder, "out"))).filter((name) => name.endsWith(".ndjson")), ["0001-Patient.ndjson"]);

  isSlow = false;
  const second = start(folder, server);
  assert.equal(await second.ended, 0, second.said.join(""));
  const saved = (await readdir(join(folder, "out"))).sort();
  assert.deepEqual(saved, ["0001-Patient.ndjson", "0002-Patient.ndjson", "0003-Patient.ndjson", "manifest.json"]);
  for (const [index, text] of Object.values(texts).entries()) {
    assert.equal(await readFile(join(folder, "out", saved[index]), "utf8"), text);
  }
  const asked = (path) => server.requests.filter(({ url }) => url.startsWith(path)).length;
  assert.equal(asked("/1"), 1, "what was saved is fetched once");
  assert.equal(asked("/fhir/Group/g/$export"), 1, "one job");
  assert.deepEqual(server.requests.at(-1).method, "DELETE", "the job is given back");
  assert.match(second.said.join(""), /\[#{20}\] 3 of 3 files/);
});

test("a missing or wrong argument causes a message of one sentence", async () => {
  const folder = await install();
  const closed = { fhirBase: "http://127.0.0.1:1/fhir" };
  const unreachable = start(folder, closed);
  assert.equal(await unreachable.ended, 1);
  assert.match(unreachable.said.join(""), /could not be read/);
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}
