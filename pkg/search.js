import { withForms } from "./interactions.js";

export class Search {
  #begin;
  #onProgress;

  /** `pages` begins what is asked, in WebAssembly that may not be loaded yet. */
  constructor(pages, asked, { limit, onProgress, signal, ...options } = {}) {
    this.#begin = () => pages(withForms({ ...asked, ...options }), limit, signal);
    this.#onProgress = onProgress;
  }

  async *pages() {
    const search = await this.#begin();
    try {
      for (let page = await search.call("nextPage"); page; page = await search.call("nextPage")) {
        this.#onProgress?.(search.call("progress"));
        yield page;
      }
    } finally {
      search.free();
    }
  }

  async *[Symbol.asyncIterator]() {
    for await (const page of this.pages()) yield* page.resources;
  }

  async toArray() {
    const resources = [];
    for await (const resource of this) resources.push(resource);
    return resources;
  }
}
