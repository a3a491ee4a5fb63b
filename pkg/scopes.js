import { load } from "./load-backend.js";

export class Scopes {
  #inner;

  constructor(inner) {
    this.#inner = inner;
  }

  static async parse(scopes) {
    return new Scopes(new (await load()).Scopes(stringOf(scopes)));
  }

  covers(others) {
    return this.#inner.covers(stringOf(others));
  }

  allows(resourceType, permissions = "rs") {
    return this.#inner.allows(resourceType, permissions);
  }

  reduced() {
    return new Scopes(this.#inner.reduced());
  }

  union(others) {
    return new Scopes(this.#inner.union(stringOf(others)));
  }

  sentences() {
    const sentences = this.#inner.sentences();
    return [...this].map((scope, index) => ({ scope, sentence: sentences[index] }));
  }

  [Symbol.iterator]() {
    return this.#inner.list()[Symbol.iterator]();
  }

  toString() {
    return [...this].join(" ");
  }

  toJSON() {
    return this.toString();
  }
}

/** Scopes as a string that separates them by spaces, from a string, an array or `Scopes`. */
function stringOf(scopes) {
  return typeof scopes === "string" ? scopes : [...scopes].join(" ");
}
