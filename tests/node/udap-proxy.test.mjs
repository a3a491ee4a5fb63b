// Runs examples/udap-proxy as a user does, at the sandbox EHR's trust community.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openssl, startSandbox } from "./sandbox.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const manifest = join(root, "Cargo.toml");

let ehr;
let folder;

before(async () => {
  ehr = await startSandbox("tefca");
  folder = mkdtempSync(join(tmpdir(), "smartrust-udap-proxy-"));
  copyFileSync(join(root, "examples/udap-proxy/main.mjs"), join(folder, "main.mjs"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "pkg"), join(folder, "node_modules/smartrust"));
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "dist/index.html"), "<!doctype html><title>App</title>");
  const names = ["-keyout", join(folder, "app.key"), "-out", join(folder, "app.csr")];
  openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app", "-addext", "subjectAltName=URI:https://app.example/udap", ...names);
  const body = readFileSync(join(folder, "app.csr"));
  const issued = await fetch(`${ehr.base}/community/certificates`, { method: "POST", body });
  writeFileSync(join(folder, "app.pem"), await issued.text());
  writeFileSync(join(folder, "community.pem"), await (await fetch(`${ehr.base}/community/anchors.pem`)).text());
});

after(async () => {
  rmSync(folder, { recursive: true });
  await ehr.stop();
});

/** Starts the example. The result has the lines that it printed, and its end. */
function start(listen, more = {}) {
  const env = {
    ...process.env,
    FHIR_BASE: ehr.fhirBase,
    COMMUNITY: "https://community.example/tefca",
    ANCHORS_FILE: "community.pem",
    CERTIFICATE_FILE: "app.pem",
    KEY_FILE: "app.key",
    STATE_FOLDER: "state",
    CLIENT_NAME: "My app",
    CONTACT: "mailto:ops@app.example",
    SCOPE: "launch/patient offline_access patient/*.rs",
    APP_ORIGIN: "https://app.example",
    REDIRECT_URI: "https://app.example/",
    LOGO_URI: "https://app.example/logo.png",
    TOKEN_PROXY: process.env.TOKEN_PROXY ?? `cargo run --quiet --manifest-path ${manifest} --package token-proxy --`,
    ...more,
  };
  const child = spawn(process.execPath, ["main.mjs", "--site", "dist", "--listen", listen], { cwd: folder, env });
  const lines = [];
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const seen = (text) =>
    new Promise((resolve, reject) => {
      const look = () => lines.some((line) => line.includes(text)) && resolve();
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => (lines.push(line), look()));
      }
      ended.then(() => (look(), reject(new Error(lines.join("\n")))));
    });
  return { child, lines, ended, seen };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("U17 the proxy signs the requests of its own pages alone, and keeps key and registration out of the site", async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const { child, lines, ended, seen } = start(listen);
  await seen("The app and its token proxy are at");
  try {
    const page = JSON.parse(lines.find((line) => line.startsWith("The page's server: ")).slice(19));
    assert.equal(page.tokenEndpoint, `${ehr.base}/token`);
    assert.ok(page.clientId.length > 10 && page.tokenProxy === "/token-proxy");
    const post = (origin, form) =>
      fetch(`http://${listen}/token-proxy`, {
        method: "POST",
        headers: { origin, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(form),
      });
    const form = { grant_type: "refresh_token", refresh_token: "unknown", client_id: page.clientId };
    // The server knows the client by its assertion, and not the refresh token.
    const refused = await post("https://app.example", form);
    assert.deepEqual([refused.status, (await refused.json()).error], [400, "invalid_grant"]);
    await ehr.clearRequests();
    assert.equal((await post("https://evil.example", form)).status, 403);
    assert.equal((await post("https://app.example", { grant_type: "client_credentials", scope: "system/*.rs" })).status, 400);
    assert.deepEqual(await ehr.requests(), []);
    for (const hidden of ["/app.key", "/../app.key", "/state", "/main.mjs"]) {
      assert.equal((await fetch(`http://${listen}${hidden}`)).status, 404, hidden);
    }
    assert.equal(readdirSync(join(folder, "state")).length, 1);
    assert.ok(!lines.join("\n").includes("eyJ"), "no assertion is logged");
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
});

test("U17 it does not start with the key in the site", async () => {
  copyFileSync(join(folder, "app.key"), join(folder, "dist/app.key"));
  const { seen, ended } = start("127.0.0.1:1", { KEY_FILE: "dist/app.key" });
  await seen("KEY_FILE is in the site");
  assert.equal(await ended, 1);
  rmSync(join(folder, "dist/app.key"));
});

test("U17 a missing setting is named", async () => {
  const { lines, seen, ended } = start("127.0.0.1:1", { CONTACT: "" });
  await seen("Set CONTACT");
  assert.equal(await ended, 1);
  assert.ok(lines.every((line) => !line.includes("PRIVATE KEY")));
});
