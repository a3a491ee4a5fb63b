import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, entries, reportedEntries } from "./report.mjs";

test("every entry of the package has a report of its types", () => {
  assert.deepEqual(reportedEntries(), entries);
});

for (const entry of entries) {
  test(`the report of ${entry}.d.ts is up to date`, () => {
    const { isStale, problems } = compare(entry);
    const remedy = "run `node tests/package/run.mjs --write`, and name a change that users notice in CHANGELOG.md";
    assert.ok(!isStale, `tests/package/api/${entry}.api.md is stale: ${remedy}.\n${problems.join("\n")}`);
    assert.deepEqual(problems, []);
  });
}
