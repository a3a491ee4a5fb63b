// The table of errors has every error code, and no other.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, textOf } from "./support/pages.mjs";

/** The strings that a function of a Rust file returns. */
function stringsOf(file, name) {
  const [, body] = new RegExp(`fn ${name}\\(&self\\)[^{]*\\{([^]*?)\\n    \\}\\n`).exec(textOf(file));
  return [...body.matchAll(/=> "([a-z_]+)",/g)].map(([, code]) => code);
}

/** The error codes in the package's JavaScript. */
function javaScriptCodes() {
  const files = ["pkg", "pkg/fhirclient", "pkg/testing"].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  const scripts = files.filter((file) => file.endsWith(".js"));
  return scripts.flatMap((file) => [...textOf(file).matchAll(/new SmartError\(\s*"([a-z_]+)"/g)].map(([, code]) => code));
}

test("the table has each error code once, with a cause and a remedy", () => {
  const rows = [...textOf("docs/errors.md").matchAll(/^\| `([a-z_]+)` \| (.+) \| (.+) \|$/gm)];
  const codes = [...stringsOf("sdk/src/error/code.rs", "code"), ...stringsOf("sdk/src/error/details.rs", "code"), ...javaScriptCodes()];
  assert.ok(codes.includes("state_mismatch") && codes.includes("not_found") && codes.includes("wasm_unavailable") && codes.includes("no_launch"));
  const listed = rows.map(([, code]) => code);
  assert.deepEqual(codes.filter((code) => !listed.includes(code)), [], "are missing from the table");
  assert.deepEqual(listed.filter((code, index) => !codes.includes(code) || listed.indexOf(code) !== index), [], "are duplicate or unknown in the table");
});
