import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { copyOf, runIn } from "../support/consumer.mjs";

const folder = copyOf(import.meta.dirname, fileURLToPath(new URL("../../types/", import.meta.url)));

/** Compiles what a developer writes, by a compiler of `node_modules`; the error has what it complains of. */
function compile(compiler, ...options) {
  runIn(folder, process.execPath, [`node_modules/${compiler}/bin/tsc`, ...options]);
}

test("the types of @types/fhir are those of what comes back, and wrong calls do not compile", () => {
  compile("typescript");
});

test("the types are good for TypeScript 5 too, with Node's own resolution", () => {
  compile("typescript-5", "--module", "nodenext", "--moduleResolution", "nodenext");
});

test("without @types/fhir every resource is a plain one", () => {
  rmSync(join(folder, "node_modules/@types/fhir"), { recursive: true });
  compile("typescript", "--project", "tsconfig.plain.json");
});
