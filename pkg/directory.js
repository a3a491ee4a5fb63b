import { dispose, disposed } from "./disposal.js";
import { SmartError } from "./errors.js";
import { load, loadFrom } from "./load-directory.js";

export { SmartError };

export async function ready(source) {
  if (source !== undefined) loadFrom(() => source);
  await load();
}

export class Directory {
  #inner;

  constructor(inner) {
    this.#inner = inner;
  }

  static async open(source, { olderVersions = [], signal } = {}) {
    const { openDirectory, readDirectory } = await load();
    if (typeof source === "string" || source instanceof URL) {
      return new Directory(await openDirectory(absolute(source), olderVersions, signal));
    }
    return new Directory(readDirectory([source].flat(), olderVersions));
  }

  static async ofServer(fhirBase, { olderVersions = [], signal } = {}) {
    const { openServerBrands } = await load();
    const found = await openServerBrands(String(fhirBase), olderVersions, signal);
    return { ...found, directory: found.directory && new Directory(found.directory) };
  }

  search(text, { limit = 20 } = {}) {
    return this.#wasm.search(text, limit);
  }

  findByUrl(url) {
    return this.#wasm.findByUrl(String(url));
  }

  async loadFacilities({ signal } = {}) {
    await this.#wasm.loadFacilities(signal);
  }

  async refresh({ signal } = {}) {
    return this.#wasm.refresh(signal);
  }

  describe() {
    return this.#wasm.describe();
  }

  get #wasm() {
    if (this.#inner) return this.#inner;
    throw disposed("Directory");
  }

  [dispose]() {
    this.#inner?.free();
    this.#inner = undefined;
  }
}

/** The URL of a relative one in a page, or the string itself, which is then refused. */
function absolute(url) {
  const base = globalThis.document?.baseURI;
  return URL.canParse(url, base) ? new URL(url, base).href : String(url);
}
