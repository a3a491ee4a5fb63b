import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../consumers/support/npm.mjs";

const tarball = process.env.TARBALL;
const programs = fileURLToPath(new URL("../../node_modules/.bin/", import.meta.url));
const unpacked = mkdtempSync(join(tmpdir(), "smartrust-unpacked-"));
after(() => rmSync(unpacked, { recursive: true }));
run(unpacked, "tar", ["-xzf", tarball, "--strip-components=1"]);
const manifest = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));

test("publint reports no problems in the packed package", () => {
  assert.match(run(unpacked, join(programs, "publint"), ["run", tarball, "--strict"]), /All good!/);
});

test("arethetypeswrong reports no problems in the packed package", () => {
  const output = run(unpacked, join(programs, "attw"), [tarball, "--profile", "esm-only", "--format", "json"]);
  const { analysis } = JSON.parse(output);
  // The entries for pages without a bundler are modules only. The resolution of Node 10 does not know the package's entries.
  const isExpected = ({ entrypoint, resolutionKind }) =>
    resolutionKind === "node10" || (resolutionKind === "node16-cjs" && /\.min\.js$|wasm$/.test(entrypoint));
  assert.deepEqual(analysis.problems.filter((problem) => !isExpected(problem)), []);
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), Object.keys(manifest.exports).sort());
});

test("the packed package has no dependencies and no scripts, and includes its licenses", () => {
  const { dependencies, scripts, peerDependenciesMeta, peerDependencies } = manifest;
  assert.deepEqual([dependencies, scripts], [undefined, undefined]);
  for (const name of Object.keys(peerDependencies)) assert.ok(peerDependenciesMeta[name].optional, name);
  const files = readdirSync(unpacked);
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]) assert.ok(files.includes(file), file);
});

test("the packed package includes the licenses of the code of others", () => {
  const licenses = readFileSync(join(unpacked, "THIRD-PARTY-LICENSES.txt"), "utf8");
  for (const part of ["wasm-bindgen ", "base64 ", "The Rust standard library", "dlmalloc ", "esbuild"]) {
    const names = licenses.split("\n").filter((line) => line.startsWith(part));
    // One line in the list of parts, and one above its license.
    assert.ok(names.length > 1, `${part} is ${names.length} times in:\n${licenses.slice(0, 3000)}`);
  }
  assert.ok(licenses.includes("Permission is hereby granted, free of charge"));
});
