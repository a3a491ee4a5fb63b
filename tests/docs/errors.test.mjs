// The table of errors names every code that there is, and no other.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, textOf } from "./support/pages.mjs";

/** The texts that a function of a Rust file gives. */
function textsOf(file, name) {
  const [, body] = new RegExp(`fn ${name}\\(&self\\)[^{]*\\{([^]*?)\\n    \\}\\n`).exec(textOf(file));
  return [...body.matchAll(/=> "([a-z_]+)",/g)].map(([, code]) => code);
}

/** The codes of the errors that the package's JavaScript makes itself. */
function ownCodes() {
  const files = ["pkg", "pkg/fhirclient"].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  const scripts = files.filter((file) => file.endsWith(".js"));
  return scripts.flatMap((file) => [...textOf(file).matchAll(/new SmartError\(\s*"([a-z_]+)"/g)].map(([, code]) => code));
}

test("every code of an error stands in the table once, with what happened and what to do", () => {
  const rows = [...textOf("docs/errors.md").matchAll(/^\| `([a-z_]+)` \| (.+) \| (.+) \|$/gm)];
  const codes = [...textsOf("sdk/src/error.rs", "code"), ...textsOf("sdk/src/error/details.rs", "code"), ...ownCodes()];
  assert.ok(codes.includes("state_mismatch") && codes.includes("not_found") && codes.includes("wasm_unavailable") && codes.includes("no_launch"));
  const listed = rows.map(([, code]) => code);
  assert.deepEqual(codes.filter((code) => !listed.includes(code)), [], "are missing from the table");
  assert.deepEqual(listed.filter((code, index) => !codes.includes(code) || listed.indexOf(code) !== index), [], "are too much in it");
});
