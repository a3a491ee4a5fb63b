import { withForms } from "./interactions.js";

export class Search {
  #begin;
  #onProgress;
  #onOutcome;
  #outcomes = [];

  /** `pages` begins what is asked, in WebAssembly that may not be loaded yet. */
  constructor(pages, asked, { limit, onProgress, onOutcome, signal, ...options } = {}) {
    this.#begin = () => pages(withForms({ ...asked, ...options }), limit, signal);
    this.#onProgress = onProgress;
    this.#onOutcome = onOutcome;
  }

  get outcomes() {
    return this.#outcomes;
  }

  async *pages() {
    const outcomes = (this.#outcomes = []);
    const search = await this.#begin();
    try {
      for (let page = await search.call("nextPage"); page; page = await search.call("nextPage")) {
        this.#onProgress?.(search.call("progress"));
        outcomes.push(...page.outcomes);
        page.outcomes.forEach((outcome) => this.#onOutcome?.(outcome));
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
