// What ready() takes: however the WebAssembly comes, packed or not, the module is the one that is meant.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { compile } from "../../pkg/loading.js";
import start from "../../pkg/wasm/smartrust.js";

const [bytes, plain] = await Promise.all(
  ["", "plain/"].map((folder) => readFile(new URL(`../../pkg/wasm/${folder}smartrust_bg.wasm`, import.meta.url))),
);

for (const [kind, source] of Object.entries({
  "an address": `data:application/wasm;base64,${bytes.toString("base64")}`,
  "an address as URL": new URL(`data:application/wasm;base64,${bytes.toString("base64")}`),
  bytes,
  "an ArrayBuffer": Uint8Array.from(bytes).buffer,
  "a Response": new Response(bytes),
  "a compiled module": await WebAssembly.compile(bytes),
  "a module that is not packed": await WebAssembly.compile(plain),
})) {
  test(`${kind} becomes the module`, async () => {
    const module = await compile(source);
    assert.ok(WebAssembly.Module.imports(module).length > 0);
    assert.ok(WebAssembly.Module.exports(module).some(({ kind }) => kind === "memory"));
  });
}

test("what is no WebAssembly is refused", async () => {
  await assert.rejects(compile(new Response("<!doctype html>")), WebAssembly.CompileError);
});

test("a file of another build is not started", async () => {
  const other = plain.toString("latin1").replace(/[0-9a-f]{16}/, "0".repeat(16));
  const module = await WebAssembly.compile(Buffer.from(other, "latin1"));
  const isRefusal = (error) => error instanceof TypeError || error instanceof WebAssembly.LinkError;
  await assert.rejects(start({ module_or_path: module }), isRefusal);
});
