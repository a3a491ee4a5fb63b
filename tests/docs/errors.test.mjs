// The table of errors and the type SmartErrorCode have every error code, and no other.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, textOf } from "./support/pages.mjs";

/** The error codes in the crate: what functions named `code` return. */
function rustCodes() {
  const files = readdirSync(join(root, "sdk/src/error")).map((name) => textOf(`sdk/src/error/${name}`));
  const functions = files.flatMap((file) => [...file.matchAll(/fn code\(&self\)[^{]*\{([^]*?)\n    \}\n/g)]);
  return functions.flatMap(([, body]) => [...body.matchAll(/=> "([a-z_]+)",/g)].map(([, code]) => code));
}

/** The error codes in the package's JavaScript. */
function javaScriptCodes() {
  const files = ["pkg", "pkg/fhirclient", "pkg/testing"].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  const scripts = files.filter((file) => file.endsWith(".js"));
  return scripts.flatMap((file) => [...textOf(file).matchAll(/(?:new SmartError\(\s*|\bcode: )"([a-z_]+)"/g)].map(([, code]) => code));
}

/** Every error code. */
const codes = [...rustCodes(), ...javaScriptCodes()];

function assertComplete(listed, place) {
  assert.deepEqual(codes.filter((code) => !listed.includes(code)), [], `are missing from ${place}`);
  assert.deepEqual(listed.filter((code, index) => !codes.includes(code) || listed.indexOf(code) !== index), [], `are duplicate or unknown in ${place}`);
}

test("the search for error codes finds those of Rust, of a FHIR status, and of JavaScript", () => {
  for (const code of ["state_mismatch", "not_found", "wasm_unavailable", "no_launch", "no_encounter"]) assert.ok(codes.includes(code), code);
});

test("the table has each error code once, with a cause and a remedy", () => {
  const rows = [...textOf("docs/errors.md").matchAll(/^\| `([a-z_]+)` \| (.+) \| (.+) \|$/gm)];
  assertComplete(rows.map(([, code]) => code), "the table");
});

test("the type SmartErrorCode has each error code once", () => {
  const [, union] = /type SmartErrorCode =([^;]*);/.exec(textOf("pkg/errors.d.ts"));
  assertComplete([...union.matchAll(/"([a-z_]+)"/g)].map(([, code]) => code), "SmartErrorCode");
});
