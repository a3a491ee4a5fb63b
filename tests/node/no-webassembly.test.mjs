// Node without WebAssembly, as browsers in Lockdown Mode.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../pkg/", import.meta.url));

/** Runs a call to an entry in Node without WebAssembly, and returns its error's name, code and message. */
function errorOf(file, call) {
  const program = `
    const exports = await import("./${file}");
    const error = await (async ({ SmartApp, discover, ready }) => ${call})(exports).catch((error) => error);
    console.log(JSON.stringify([typeof WebAssembly, error.name, error.code, error.message]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--jitless", "--input-type=module", "--eval", program], { cwd: folder, encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

const app = 'new SmartApp({ clientId: "a", scope: "openid", fhirBase: "http://localhost:1/fhir", redirectUri: "http://localhost/" })';

for (const [file, call] of [
  ["node.js", `${app}.resume()`],
  ["node.js", 'discover("http://localhost:1/fhir")'],
  ["node-launch.js", `${app}.authorizationUrl()`],
  ["node-backend.js", "ready()"],
  ["inline.js", "ready()"],
  ["lazy.js", "ready()"],
]) {
  test(`S14 without WebAssembly, ${file} can be imported, and ${call} rejects with wasm_unsupported`, () => {
    const [type, name, code, message] = errorOf(file, call);
    assert.deepEqual([type, name, code], ["undefined", "SmartError", "wasm_unsupported"]);
    assert.match(message, /Lockdown Mode/);
  });
}
