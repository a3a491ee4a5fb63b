import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { copyOf, runIn } from "../support/consumer.mjs";

const folder = copyOf(import.meta.dirname);
const tarball = process.env.TARBALL;
const installed = join(folder, "node_modules/smartrust");

test("publint reports no problems in the packed package", () => {
  assert.match(runIn(folder, "node_modules/.bin/publint", ["run", tarball, "--strict"]), /All good!/);
});

test("arethetypeswrong reports no problems in the packed package", () => {
  const output = runIn(folder, "node_modules/.bin/attw", [tarball, "--profile", "esm-only", "--format", "json"]);
  const { analysis } = JSON.parse(output);
  // The entries for pages without a bundler are modules only. The resolution of Node 10 does not know the package's entries.
  const isExpected = ({ entrypoint, resolutionKind }) =>
    resolutionKind === "node10" || (resolutionKind === "node16-cjs" && /\.min\.js$|wasm$/.test(entrypoint));
  assert.deepEqual(analysis.problems.filter((problem) => !isExpected(problem)), []);
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), Object.keys(manifest().exports).sort());
});

test("the packed package has no dependencies and no scripts, and includes its licenses", () => {
  const { dependencies, scripts, peerDependenciesMeta, peerDependencies } = manifest();
  assert.deepEqual([dependencies, scripts], [undefined, undefined]);
  for (const name of Object.keys(peerDependencies)) assert.ok(peerDependenciesMeta[name].optional, name);
  const files = readdirSync(installed);
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]) assert.ok(files.includes(file), file);
});

function manifest() {
  return JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
}
