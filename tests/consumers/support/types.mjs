// What a developer writes in TypeScript, beside the packed package.

import { fileURLToPath } from "node:url";
import { copyOf, runIn } from "./consumer.mjs";

/** Copies a consumer's folder with the files of tests/types beside its own, and installs. */
export function copyWithTypes(folder) {
  return copyOf(folder, fileURLToPath(new URL("../../types/", import.meta.url)));
}

/** Compiles; the error has what the compiler complains of. */
export function compile(folder, ...options) {
  runIn(folder, process.execPath, ["node_modules/typescript/bin/tsc", ...options]);
}
