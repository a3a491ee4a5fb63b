// Every code block of the documentation is compiled, parsed or run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "parse5";
import { compile } from "./support/compiler.mjs";
import { blocks, blocksOf, pages, textOf } from "./support/pages.mjs";

const kinds = ["js", "ts", "html", "json", "sh", "rust", "diff", "text"];

/** The text of each element of a kind in a parsed document. */
function textsOf(node, name) {
  const own = node.nodeName === name ? [{ text: node.childNodes.map(({ value }) => value).join(""), attributes: node.attrs }] : [];
  return [...own, ...(node.childNodes ?? []).flatMap((child) => textsOf(child, name))];
}

test("every block is of a kind that is checked", () => {
  const others = pages.flatMap(blocksOf).filter(({ kind }) => !kinds.includes(kind));
  assert.deepEqual(others.map(({ page, line, kind }) => `${page}:${line} is "${kind}"`), []);
});

/** What comes of a change. */
function afterwards({ text, ...block }) {
  const lines = text.split("\n").map((line) => (line.startsWith("-") ? "" : line.slice(2)));
  return { ...block, text: lines.join("\n") };
}

/** The scripts of a page without type or of the type `module`, as blocks. */
function scriptsOf({ text, ...block }) {
  const scripts = textsOf(parse(text), "script").filter(({ attributes }) => typeOf(attributes) !== "importmap");
  return scripts.filter((script) => script.text.trim() !== "").map((script) => ({ ...block, text: script.text }));
}

function typeOf(attributes) {
  return attributes.find(({ name }) => name === "type")?.value;
}

test("JavaScript blocks compile against the package's typings, and so do changes and the scripts of pages", () => {
  const found = [...blocks("js"), ...blocks("diff").map(afterwards), ...blocks("html").flatMap(scriptsOf)];
  assert.ok(found.length > 40, `${found.length} blocks`);
  assert.equal(compile(found, { strict: false }), "");
});

test("TypeScript blocks compile against the package's typings, strictly", () => {
  assert.equal(compile(blocks("ts"), { strict: true }), "");
});

test("a block that calls what is not there, imports what is not exported or uses what nobody lent it does not compile", () => {
  const wrong = {
    calls: 'import { SmartApp } from "smartrust";\nnew SmartApp({ clientId: "a", scope: "b", trustedIssuers: [] }).connect();',
    imports: 'import { SmartApp } from "smartrust/other";',
    uses: "await session.patient.read();",
    asks: 'import { SmartApp } from "smartrust";\nnew SmartApp({ clientId: "a", scope: "b", trustedIssuers: "c" });',
  };
  const said = compile(Object.entries(wrong).map(([page, text]) => ({ page, line: 1, uses: [], text })), { strict: false });
  for (const page of Object.keys(wrong)) assert.match(said, new RegExp(`${page}-1\\.ts\\(\\d+,\\d+\\): error TS`), page);
});

test("HTML blocks are without a fault, and the import maps in them are JSON", () => {
  for (const { page, line, text } of blocks("html")) {
    const faults = [];
    const document = parse(text, { onParseError: ({ code }) => faults.push(code) });
    // A block may be a part of a page, without its doctype.
    assert.deepEqual(faults.filter((code) => code !== "missing-doctype"), [], `${page}:${line}`);
    for (const { text: script, attributes } of textsOf(document, "script")) {
      if (typeOf(attributes) === "importmap") assert.doesNotThrow(() => JSON.parse(script), `${page}:${line}`);
    }
  }
});

test("JSON blocks parse", () => {
  for (const { page, line, text } of blocks("json")) assert.doesNotThrow(() => JSON.parse(text), `${page}:${line}`);
});

test("Rust blocks are among the crate's documentation tests", () => {
  const tested = textOf("sdk/src/lib.rs");
  for (const page of new Set(blocks("rust").map(({ page }) => page))) {
    assert.ok(tested.includes(`include_str!("../../${page}")`), `${page} is not named in sdk/src/lib.rs`);
  }
});
