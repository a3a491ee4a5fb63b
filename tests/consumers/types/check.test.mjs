import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compile, copyWithTypes } from "../support/types.mjs";

const folder = copyWithTypes(import.meta.dirname);

test("the types of @types/fhir are those of what comes back, and wrong calls do not compile", () => {
  compile(folder);
});

test("without @types/fhir every resource is a plain one", () => {
  rmSync(join(folder, "node_modules/@types/fhir"), { recursive: true });
  compile(folder, "--project", "tsconfig.plain.json");
});
