import { readFile } from "node:fs/promises";
import { unpack } from "./unpack.js";

/** Reads a WebAssembly file. If a bundler left the file behind, imports the module that contains it. */
export async function read(locate, importInlined) {
  try {
    return await readFile(locate());
  } catch {
    return unpack((await importInlined()).default);
  }
}
