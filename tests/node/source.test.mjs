// What ready() takes: whatever the source of the WebAssembly is, the module starts.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { loading } from "../../pkg/loading.js";

const bytes = await readFile(new URL("../../pkg/wasm/smartrust_bg.wasm", import.meta.url));
const url = `data:application/wasm;base64,${bytes.toString("base64")}`;

let copies = 0;

/** Starts a copy of the glue that has not been started before. */
async function start(module_or_path) {
  copies += 1;
  const glue = await import(`../../pkg/wasm/smartrust.js?copy=${copies}`);
  return glue.default({ module_or_path });
}

const load = (source) => loading("smartrust_bg.wasm", () => source, start).load();

for (const [kind, source] of Object.entries({
  "a URL as a string": url,
  "a URL object": new URL(url),
  bytes,
  "an ArrayBuffer": Uint8Array.from(bytes).buffer,
  "a Response": new Response(bytes, { headers: { "content-type": "application/wasm" } }),
  "a Response of another media type": new Response(bytes, { headers: { "content-type": "application/octet-stream" } }),
  "a promise of bytes": Promise.resolve(bytes),
  "a compiled module": await WebAssembly.compile(bytes),
})) {
  test(`ready() takes ${kind}`, async () => {
    const { memory } = await load(source);
    assert.ok(memory instanceof WebAssembly.Memory);
  });
}

test("a response that is not WebAssembly is rejected", async () => {
  await assert.rejects(load(new Response("<!doctype html>")), { code: "wasm_unavailable" });
});
