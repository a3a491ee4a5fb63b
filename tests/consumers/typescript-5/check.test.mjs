import { test } from "node:test";
import { compile, copyWithTypes } from "../support/types.mjs";

const folder = copyWithTypes(import.meta.dirname);

test("the types compile with TypeScript 5 and Node's module resolution", () => {
  compile(folder);
});

test("the typings for CommonJS compile with TypeScript 5 and Node's module resolution", () => {
  compile(folder, "--project", "tsconfig.commonjs.json");
});
