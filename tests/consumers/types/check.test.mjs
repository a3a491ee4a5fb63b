import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compile, copyWithTypes } from "../support/types.mjs";

const folder = copyWithTypes(import.meta.dirname);

test("results have the types of @types/fhir, and incorrect calls do not compile", () => {
  compile(folder);
});

test("without @types/fhir, every resource has the type Resource", () => {
  rmSync(join(folder, "node_modules/@types/fhir"), { recursive: true });
  compile(folder, "--project", "tsconfig.plain.json");
});
