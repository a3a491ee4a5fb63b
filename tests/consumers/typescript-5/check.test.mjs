import { test } from "node:test";
import { compile, copyWithTypes } from "../support/types.mjs";

const folder = copyWithTypes(import.meta.dirname);

test("the types are good for TypeScript 5 too, with Node's own resolution", () => {
  compile(folder);
});
