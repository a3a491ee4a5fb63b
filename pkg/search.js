import { withForms } from "./interactions.js";

export class Search {
  #start;
  #onProgress;
  #onOutcome;
  #outcomes = [];

  /** `pages` starts the request in the WebAssembly, which may not be loaded yet. */
  constructor(pages, request, { limit, onProgress, onOutcome, signal, ...options } = {}) {
    this.#start = () => pages(withForms({ ...request, ...options }), limit, signal);
    this.#onProgress = onProgress;
    this.#onOutcome = onOutcome;
  }

  get outcomes() {
    return this.#outcomes;
  }

  async *pages() {
    const outcomes = (this.#outcomes = []);
    const search = await this.#start();
    try {
      for (let page = await search.nextPage(); page; page = await search.nextPage()) {
        this.#onProgress?.(search.progress);
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
