import { dispose, disposed } from "./disposal.js";
import { SmartError } from "./errors.js";
import { load, loadFrom } from "./load-backend.js";
import { once } from "./loading.js";
import { Search } from "./search.js";

export { Registration, diagnose, discover, register } from "./server.js";
export { Scopes } from "./scopes.js";
export { SmartError };

export async function ready(source) {
  if (source !== undefined) loadFrom(() => source);
  await load();
}

export class BackendClient {
  #client;
  #instance;

  constructor(config = {}) {
    // A copy, because it is read when the client is first used.
    const copy = { ...config };
    this.#client = once(async () => (this.#instance = new (await load()).BackendClient(copy)));
  }

  [dispose]() {
    this.#client = async () => {
      throw disposed("BackendClient");
    };
    this.#instance?.free();
    this.#instance = undefined;
  }

  async read(reference, { signal } = {}) {
    return (await this.#client()).read(reference, signal);
  }

  search(resourceType, parameters, options) {
    const pages = async (...values) => (await this.#client()).pages(...values);
    return new Search(pages, { interaction: "search", target: resourceType, parameters }, options);
  }

  async startExport({ since, signal, ...request } = {}) {
    const from = instant(since);
    const client = await this.#client();
    return new Export(await client.startExport({ ...request, ...(from !== undefined && { since: from }) }, signal));
  }

  async exportAt(statusUrl) {
    return new Export((await this.#client()).exportAt(String(statusUrl)));
  }
}

export class Export {
  #inner;
  #manifest;

  constructor(inner) {
    this.#inner = inner;
  }

  get statusUrl() {
    return this.#wasm.statusUrl;
  }

  async wait({ onProgress, signal } = {}) {
    this.#manifest ??= await this.#wasm.wait(onProgress, signal);
    return this.#manifest;
  }

  async *batches({ files, onProgress, signal, ...options } = {}) {
    const manifest = await this.wait({ signal });
    const selected = files ?? manifest.output;
    const reader = this.#wasm.readFiles(manifest, selected, options, signal);
    try {
      for (let batch = await reader.next(); batch; batch = await reader.next()) {
        const [resources, header, file, ...progress] = batch;
        onProgress?.(progressOf(progress));
        yield { file: selected[file], ...(header && { header }), resources };
      }
    } finally {
      reader.free();
    }
  }

  async *resources(options) {
    for await (const { resources } of this.batches(options)) yield* resources;
  }

  async download(file, { signal } = {}) {
    const download = this.#wasm.download(await this.wait({ signal }), file, signal);
    return new ReadableStream(
      {
        async pull(controller) {
          const bytes = await download.next();
          if (bytes) return controller.enqueue(bytes);
          controller.close();
          download.free();
        },
        cancel: () => download.free(),
      },
      { highWaterMark: 0 },
    );
  }

  async cancel({ signal } = {}) {
    return this.#wasm.cancel(signal);
  }

  get #wasm() {
    if (this.#inner) return this.#inner;
    throw disposed("Export");
  }

  [dispose]() {
    this.#inner?.free();
    this.#inner = undefined;
  }
}

export class Keys {
  #inner;
  #members;

  constructor(inner) {
    this.#inner = inner;
    this.#members = inner.members;
  }

  static async generate(algorithm, { extractable = false } = {}) {
    return new Keys(await (await load()).Keys.generate(algorithm, extractable));
  }

  static async importPem(pem) {
    return new Keys(await (await load()).Keys.importPem(pem));
  }

  static async importJwk(jwk) {
    return new Keys(await (await load()).Keys.importJwk(typeof jwk === "string" ? jwk : JSON.stringify(jwk)));
  }

  static async load(name) {
    const inner = await (await load()).Keys.load(name);
    return inner && new Keys(inner);
  }

  static async remove(name) {
    return (await load()).Keys.remove(name);
  }

  static async names() {
    return (await load()).Keys.names();
  }

  async save(name) {
    return this.#wasm.save(name);
  }

  async publicPem() {
    return this.#wasm.publicPem();
  }

  get #wasm() {
    if (this.#inner) return this.#inner;
    throw disposed("Keys");
  }

  [dispose]() {
    this.#inner?.free();
    this.#inner = undefined;
  }

  get kid() {
    return this.#members.kid;
  }

  get thumbprint() {
    return this.#members.thumbprint;
  }

  get privateKey() {
    return this.#members.privateKey;
  }

  get publicJwk() {
    return this.#members.publicJwk;
  }

  get jwks() {
    return { keys: [this.publicJwk] };
  }
}

function progressOf([files, totalFiles, resources, bytes, skipped, totalResources]) {
  return { files, totalFiles, resources, totalResources, bytes, skipped };
}

/** A FHIR instant, from a string or a Date. */
function instant(value) {
  if (!(value instanceof Date)) return value ?? undefined;
  if (Number.isNaN(value.getTime())) throw new SmartError("invalid_configuration", "The request's since is wrong: it is an invalid Date.");
  return value.toISOString();
}
