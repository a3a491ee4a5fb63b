// Compiles, parses or runs every code block of the documentation.

import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { parse } from "parse5";
import { compile } from "./support/compiler.mjs";
import { blocks, blocksOf, pages, parts, textOf } from "./support/pages.mjs";

const kinds = ["js", "jsx", "ts", "html", "json", "sh", "rust", "diff", "text"];

/** The text and attributes of each element with a name in a parsed document. */
function textsOf(node, name) {
  const own = node.nodeName === name ? [{ text: node.childNodes.map(({ value }) => value).join(""), attributes: node.attrs }] : [];
  return [...own, ...(node.childNodes ?? []).flatMap((child) => textsOf(child, name))];
}

test("every block has a language that is checked", () => {
  const others = pages.flatMap(blocksOf).filter(({ kind, file }) => !file && !kinds.includes(kind));
  assert.deepEqual(others.map(({ page, line, kind }) => `${page}:${line} is "${kind}"`), []);
});

test("parts of files, which other tests build and run, are the same in these files", () => {
  const withoutIndent = (text) => text.replace(/^ +/gm, "");
  for (const { page, line, file, text } of parts()) {
    assert.match(file, /^tests\/consumers\//, `${page}:${line}`);
    assert.ok(withoutIndent(textOf(file)).includes(withoutIndent(text)), `${page}:${line} differs from ${file}`);
  }
});

/** The code of a diff block after the change. */
function afterChange({ text, ...block }) {
  const lines = text.split("\n").map((line) => (line.startsWith("-") ? "" : line.slice(2)));
  return { ...block, text: lines.join("\n") };
}

/** The scripts of a page, except import maps, as blocks. */
function scriptsOf({ text, ...block }) {
  const scripts = textsOf(parse(text), "script").filter(({ attributes }) => typeOf(attributes) !== "importmap");
  return scripts.filter((script) => script.text.trim() !== "").map((script) => ({ ...block, text: script.text }));
}

function typeOf(attributes) {
  return attributes.find(({ name }) => name === "type")?.value;
}

test("JavaScript blocks, diffs and scripts of HTML blocks compile with the package's types", () => {
  const found = [...blocks("js", "jsx"), ...blocks("diff").map(afterChange), ...blocks("html").flatMap(scriptsOf)];
  assert.ok(found.length > 40, `${found.length} blocks`);
  assert.equal(compile(found, { strict: false }), "");
});

test("TypeScript blocks compile with the package's types in strict mode", () => {
  assert.equal(compile(blocks("ts"), { strict: true }), "");
});

test("a block with an unknown method, import, variable or argument type does not compile", () => {
  const wrong = {
    calls: 'import { SmartApp } from "smartrust";\nnew SmartApp({ clientId: "a", scope: "b", trustedIssuers: [] }).connect();',
    imports: 'import { SmartApp } from "smartrust/other";',
    uses: "await session.patient.read();",
    passes: 'import { SmartApp } from "smartrust";\nnew SmartApp({ clientId: "a", scope: "b", trustedIssuers: "c" });',
  };
  const output = compile(Object.entries(wrong).map(([page, text]) => ({ page, line: 1, uses: [], text })), { strict: false });
  for (const page of Object.keys(wrong)) assert.match(output, new RegExp(`${page}-1\\.ts\\(\\d+,\\d+\\): error TS`), page);
});

test("HTML blocks have no parse errors, and their import maps are JSON", () => {
  for (const { page, line, text } of blocks("html")) {
    const errors = [];
    const document = parse(text, { onParseError: ({ code }) => errors.push(code) });
    // A block may be a part of a page without a doctype.
    assert.deepEqual(errors.filter((code) => code !== "missing-doctype"), [], `${page}:${line}`);
    for (const { text: script, attributes } of textsOf(document, "script")) {
      if (typeOf(attributes) === "importmap") assert.doesNotThrow(() => JSON.parse(script), `${page}:${line}`);
    }
  }
});

test("JSON blocks parse", () => {
  for (const { page, line, text } of blocks("json")) assert.doesNotThrow(() => JSON.parse(text), `${page}:${line}`);
});

test("the crate's documentation tests include all pages with Rust blocks", () => {
  const tested = textOf("sdk/src/lib.rs");
  for (const page of new Set(blocks("rust").map(({ page }) => page))) {
    assert.ok(tested.includes(`include_str!("${posix.relative("sdk/src", page)}")`), `${page} is not named in sdk/src/lib.rs`);
  }
});
