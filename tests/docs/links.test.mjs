// Checks the links of the documentation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { anchorsOf, linksOf, pages } from "./support/pages.mjs";

test("every link leads to a file in the repository, and to an existing heading", () => {
  const dead = [];
  for (const page of pages) {
    for (const { href, file, anchor } of linksOf(page)) {
      if (!file) dead.push(`${page}: ${href}`);
      if (file?.endsWith(".md") && anchor && !anchorsOf(file).includes(anchor)) dead.push(`${page}: ${href} (no such heading)`);
    }
  }
  assert.deepEqual(dead, []);
});
