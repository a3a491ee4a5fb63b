// Compiles TypeScript with the types of the packed package.

import { fileURLToPath } from "node:url";
import { copyOf, runIn } from "./consumer.mjs";

/** Copies a consumer's folder together with the files of tests/types, and installs. */
export function copyWithTypes(folder) {
  return copyOf(folder, fileURLToPath(new URL("../../types/", import.meta.url)));
}

/** Compiles. If it fails, the error has the compiler's messages. */
export function compile(folder, ...options) {
  runIn(folder, process.execPath, ["node_modules/typescript/bin/tsc", ...options]);
}
