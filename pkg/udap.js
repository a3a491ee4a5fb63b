import { dispose, disposed } from "./disposal.js";
import { SmartError } from "./errors.js";
import { load, loadFrom } from "./load-udap.js";

export { SmartError };

export async function ready(source) {
  if (source !== undefined) loadFrom(() => source);
  await load();
}

/** An object of the WebAssembly, until it is disposed. */
class Held {
  #inner;
  #name;

  constructor(inner, name) {
    this.#inner = inner;
    this.#name = name;
  }

  get wasm() {
    if (this.#inner) return this.#inner;
    throw disposed(this.#name);
  }

  free() {
    this.#inner?.free();
    this.#inner = undefined;
  }
}

export class UdapClient {
  #held;

  constructor(inner) {
    this.#held = new Held(inner, "UdapClient");
  }

  static async create(config = {}) {
    return new UdapClient(await (await load()).createUdapClient(config));
  }

  get uri() {
    return this.#held.wasm.describe().uri;
  }

  get certificate() {
    const { subject, expiresAt } = this.#held.wasm.describe();
    return { subject, expiresAt };
  }

  findings() {
    return this.#held.wasm.findings();
  }

  async discover(fhirBase, { community, signal } = {}) {
    return new UdapServer(await this.#held.wasm.discover(String(fhirBase), community, signal));
  }

  [dispose]() {
    this.#held.free();
  }
}

export class UdapServer {
  #held;

  constructor(inner) {
    this.#held = new Held(inner, "UdapServer");
  }

  describe() {
    return this.#held.wasm.describe();
  }

  findings() {
    return this.#held.wasm.findings();
  }

  async registration() {
    const inner = await this.#held.wasm.registration();
    return inner && new UdapRegistration(inner);
  }

  async register(statement, { signal } = {}) {
    return new UdapRegistration(await this.#held.wasm.register(statement, signal));
  }

  async cancel(statement, { signal } = {}) {
    return (await this.#held.wasm.cancel(statement, signal)) === "cancelled";
  }

  [dispose]() {
    this.#held.free();
  }
}

export class UdapRegistration {
  #held;
  #described;

  constructor(inner) {
    this.#held = new Held(inner, "UdapRegistration");
    this.#described = inner.describe();
  }

  get clientId() {
    return this.#described.clientId;
  }

  get scope() {
    return this.#described.scope;
  }

  get change() {
    return this.#described.change;
  }

  get changes() {
    return this.#described.changes;
  }

  async clientCredentials({ scope = this.scope ?? "", purpose, signal } = {}) {
    return this.#held.wasm.clientCredentials(scope, purpose, signal);
  }

  async exchange({ code, redirectUri, codeVerifier, signal } = {}) {
    return this.#held.wasm.exchange(String(code), String(redirectUri), String(codeVerifier), signal);
  }

  async refresh({ refreshToken, scope, signal } = {}) {
    return this.#held.wasm.refresh(String(refreshToken), scope, signal);
  }

  async service({ scope = this.scope ?? "", purpose } = {}) {
    const config = await this.#held.wasm.service(scope, purpose);
    return { ...config, authenticate: ({ endpoint }) => this.authenticate(endpoint, { purpose }) };
  }

  async authenticate(endpoint, { purpose } = {}) {
    return this.#held.wasm.authenticate(String(endpoint), purpose);
  }

  [dispose]() {
    this.#held.free();
  }
}
