import { load } from "./load-backend.js";

export class Scopes {
  #inner;

  constructor(inner) {
    this.#inner = inner;
  }

  static async parse(scopes) {
    return new Scopes(new (await load()).Scopes(textOf(scopes)));
  }

  covers(others) {
    return this.#inner.covers(textOf(others));
  }

  allows(resourceType, permissions = "rs") {
    return this.#inner.allows(resourceType, permissions);
  }

  reduced() {
    return new Scopes(this.#inner.reduced());
  }

  union(others) {
    return new Scopes(this.#inner.union(textOf(others)));
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

/** Scopes as the wire has them, from a text, an array or `Scopes`. */
function textOf(scopes) {
  return typeof scopes === "string" ? scopes : [...scopes].join(" ");
}
