import { dispose, disposed } from "./disposal.js";

export class Connection {
  #inner;
  #sessionOf;

  constructor(inner, sessionOf) {
    this.#inner = inner;
    this.#sessionOf = sessionOf;
    const { id, server, fhirBase, issuer, clientId, label, persistent } = inner;
    Object.assign(this, { id, server, fhirBase, issuer, clientId, label, persistent, lastUsed: new Date(inner.lastUsed) });
  }

  get #wasm() {
    if (this.#inner) return this.#inner;
    throw disposed("Connection");
  }

  async open() {
    return this.#sessionOf(await this.#wasm.open());
  }

  async disconnect() {
    return this.#wasm.disconnect();
  }

  [dispose]() {
    this.#inner?.free();
    this.#inner = undefined;
  }
}
