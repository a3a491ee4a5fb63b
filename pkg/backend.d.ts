/**
 * Backend services, bulk export, client keys, discovery and registration. It has its own WebAssembly file, which the first call loads.
 * `smartrust/backend/inline` exports the same.
 *
 * @module smartrust/backend
 */

/// <reference lib="esnext.disposable" />
import type { AuthenticationRequest, ClientCredential, ClientKey, WasmSource } from "./config.js";
import type { Search, SearchOptions, SearchParameters } from "./fhir.js";
import type { ReferencedType, Resource, ResourceResult } from "./resources.js";

export { SmartError, type SmartErrorCode } from "./errors.js";
export { Scopes } from "./scopes.js";
export { Registration, diagnose, discover, register } from "./server.js";
export type * from "./server.js";
export type { AuthenticationRequest, ClientCredential, ClientKey } from "./config.js";
export type { Page, Search, SearchOptions, SearchParameters, SearchProgress } from "./fhir.js";
export type { Resource, ResourceOf } from "./resources.js";

/**
 * Loads the WebAssembly for services. Without it, the first call loads it. `source` is the file's URL or content, if the file is not in the
 * package's folder: see `smartrust/backend/wasm`. Rejects with `wasm_unavailable`, `wasm_blocked` or `wasm_unsupported`.
 *
 * ```js
 * import { ready } from "smartrust/backend";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/** The configuration of a backend service. */
export interface BackendConfig {
  /** The FHIR base. */
  fhirBase: string;
  /** The base of `.well-known`, if it is not the FHIR base. */
  discoveryBase?: string;
  /** The token endpoint, if the server's documents are missing or wrong. With it, no document is requested. */
  tokenEndpoint?: string;
  /** The client id. */
  clientId: string;
  /** The scopes, separated by spaces, such as `system/*.rs`. */
  scope: string;
  /** The key that signs client assertions: `Keys`, or your own key (SMART App Launch 2.2, backend services). */
  key?: ClientKey | Keys;
  /** A client secret, for servers that do not support keys. */
  clientSecret?: string;
  /** How the client authenticates. The default is `private_key_jwt` with a key, `client_secret_basic` with a secret. */
  tokenEndpointAuthMethod?: "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  /** The encoding of the Basic header: form-encoded first (`form`), or `raw`. */
  basicEncoding?: "form" | "raw";
  /** A custom function that authenticates token requests. It is called for each request. */
  authenticate?: (request: AuthenticationRequest) => ClientCredential | Promise<ClientCredential>;
  /** Additional origins from which export files may be fetched with the access token. */
  fileOrigins?: string[];
  /** Allows http to other hosts. Everybody on the network path can then read the requests. */
  allowInsecureHttp?: boolean;
}

/** The parameters of an export (Bulk Data Access 2.0, export). The server chooses what is not set. */
export interface ExportRequest {
  /** The id of the Group whose members are exported. */
  group?: string;
  /** Without a group: all patients, or all data of the server. */
  level?: "patient" | "system";
  /** The resource types (`_type`). */
  types?: string[];
  /** Only resources that changed since an instant (`_since`). */
  since?: string | Date;
  /** Searches that filter types (`_typeFilter`), such as `Observation?category=laboratory`. */
  typeFilters?: string[];
  /** The elements of each resource (`_elements`). */
  elements?: string[];
  /** Related data (`includeAssociatedData`). */
  includeAssociatedData?: string[];
  /** The files' media type (`_outputFormat`). */
  outputFormat?: string;
  /** Only these patients, by id. They are sent with POST. */
  patients?: string[];
  /** Always sends the parameters with POST. */
  byPost?: boolean;
  /**
   * Groups the resources in each file into blocks, one for each resource of this type, such as `Patient` (`organizeOutputBy`, Bulk Data
   * Access 3.0). Each block begins with a header row, which `batches()` returns as `header`.
   */
  organizeOutputBy?: string;
  /**
   * Allows the server to split its manifest into pages (`allowPartialManifests`, Bulk Data Access 3.0). All pages are always read,
   * even without this option.
   */
  allowPartialManifests?: boolean;
  /** Additional parameters. */
  parameters?: Record<string, string>;
  /** Aborts the kick-off request. */
  signal?: AbortSignal;
}

/** A file of an export. */
export interface ExportFile {
  /** The resource type. */
  type?: string;
  /** The URL of the file. */
  url: string;
  /** The number of resources, if the server sends it. */
  count?: number;
  /** The file in which the last block of this one continues, if files are organized by a type. */
  continuesInFile?: string;
}

/** The result of an export: all pages of its manifest combined. */
export interface ExportManifest {
  /** The instant of the exported data. Use it as `since` for the next export. */
  transactionTime?: string;
  /** Whether the files must be requested with the access token. */
  requiresAccessToken: boolean;
  /** The resource type by which the files are organized. */
  outputOrganizedBy?: string;
  /** Files of resources. */
  output: ExportFile[];
  /** Files of Bundles that name what was deleted. */
  deleted: ExportFile[];
  /** Files of OperationOutcomes (`error`; `outcome` in newer drafts of the guide). */
  error: ExportFile[];
  /** The first page of the manifest as the server sent it. */
  document: Record<string, unknown>;
  /** All pages of the manifest as the server sent them. */
  documents: Record<string, unknown>[];
}

/** The server's progress with an export. */
export interface ExportProgress {
  /** The server's progress text (`X-Progress`), for people. */
  text?: string;
  /** The delay before the next status request, in seconds. */
  pause: number;
}

/** Progress of reading files. */
export interface ReadProgress {
  /** The number of files read completely. */
  files: number;
  /** The total number of files. */
  totalFiles: number;
  /** The number of resources returned. */
  resources: number;
  /** The total number of resources, if the manifest has a count for every file. */
  totalResources?: number;
  /** The uncompressed number of bytes received. */
  bytes: number;
  /** The number of invalid lines that were skipped. */
  skipped: number;
}

/** A batch of resources from one file. */
export interface ExportBatch<T extends Resource = Resource> {
  /** The file. */
  file: ExportFile;
  /**
   * The header row of the resources' block, if files are organized by a resource type (`organizeOutputBy`): a Parameters resource with a
   * parameter `header` that refers to the resource of the block.
   */
  header?: Resource;
  /** The resources, in the file's order. */
  resources: T[];
}

/** Options for reading files. */
export interface ReadOptions {
  /** The files to read; the default is all files in the manifest's `output`. */
  files?: ExportFile[];
  /** The number of files that are read in parallel; the default is four. */
  parallel?: number;
  /**
   * Skips and counts invalid lines. By default, an invalid line is an error: `bad_line` if it is not a JSON object or too long, `file_failed`
   * if it is an OperationOutcome among other resources.
   */
  skipBadLines?: boolean;
  /**
   * Whether to compare the number of resources with the manifest (`count_mismatch`); the default is `true`. Header rows may or may not be
   * in the count. Files in `error` are never counted. Use `false` for servers with wrong counts.
   */
  checkCounts?: boolean;
  /** The maximum length of a line in bytes: by default 67,108,864 (64 MiB), at most 512 MiB. No more of a line is kept in memory. */
  maxLineBytes?: number;
  /** Is called after each batch. */
  onProgress?: (progress: ReadProgress) => void;
  /** Aborts reading. */
  signal?: AbortSignal;
}

/**
 * A backend service. It has no user. It has its own access token, which is only kept in memory and is requested again when it expires,
 * also in the middle of an export. It works in browsers, workers, Node, Deno and Bun.
 *
 * ```js
 * const key = await Keys.importPem(await readFile("key.pem", "utf8"));
 * const client = new BackendClient({ fhirBase, clientId: "my-service", scope: "system/*.rs", key });
 * const job = await client.startExport({ group: "diabetes", types: ["Patient", "Observation"] });
 * for await (const resource of job.resources()) console.log(resource.resourceType, resource.id);
 * ```
 */
export class BackendClient {
  constructor(config: BackendConfig);
  /** Reads a resource by its reference, such as `Group/1`. */
  read<T = unknown, Reference extends string = string>(
    reference: Reference,
    options?: { signal?: AbortSignal },
  ): Promise<ResourceResult<T, ReferencedType<Reference>>>;
  /**
   * Searches for resources of a type with exactly these parameters. The next page is fetched while the caller processes the current one. Its
   * URL must be below the FHIR base; otherwise the search ends with `foreign_url`. `checkScopes` checks against the requested scopes.
   */
  search<T = unknown, Name extends string = string>(
    resourceType: Name,
    parameters?: SearchParameters,
    options?: SearchOptions,
  ): Search<ResourceResult<T, Name>>;
  /** Starts an export. Store its `statusUrl` to resume the job after a crash. Rejects with `export_failed`, or the server's error. */
  startExport(request?: ExportRequest): Promise<Export>;
  /** Resumes an export by its status URL. */
  exportAt(statusUrl: string | URL): Promise<Export>;
  /** Frees the client's WebAssembly memory. Its exports are not affected. */
  [Symbol.dispose](): void;
}

/** An export job at the server. */
export class Export {
  private constructor();
  /** The URL of the job's status. */
  readonly statusUrl: string;
  /**
   * Waits for the files and reads all pages of the manifest. It polls at the server's interval, otherwise with increasing delays. Temporary
   * failures are retried for a few minutes: network errors, the statuses 408, 429, 502, 503 and 504, and any other with an OperationOutcome
   * of type `transient`, `timeout` or `throttled`. Later calls return the same manifest. Rejects with `export_cancelled` as soon as
   * `cancel()` is called.
   */
  wait(options?: { onProgress?: (progress: ExportProgress) => void; signal?: AbortSignal }): Promise<ExportManifest>;
  /**
   * Returns the resources of all files. Several files are read in parallel; the order within each file is kept. Only the latest chunks are
   * in memory. If a connection breaks, reading resumes without duplicates or gaps. If a file has fewer or more resources than the
   * manifest says, it is an error (`count_mismatch`), and so is an OperationOutcome among its resources (`file_failed`).
   */
  resources<T extends Resource = Resource>(options?: ReadOptions): AsyncGenerator<T, void, undefined>;
  /** Like `resources`, in batches as they arrive, each with its file. This is the fastest way to read large exports. */
  batches<T extends Resource = Resource>(options?: ReadOptions): AsyncGenerator<ExportBatch<T>, void, undefined>;
  /** Downloads a file as a stream, to save it. */
  download(file: ExportFile, options?: { signal?: AbortSignal }): Promise<ReadableStream<Uint8Array>>;
  /** Cancels the job; the server may delete it and its files. A pending `wait()` rejects at once. */
  cancel(options?: { signal?: AbortSignal }): Promise<void>;
  /** Frees the object's WebAssembly memory. The job at the server continues. */
  [Symbol.dispose](): void;
}

/** A client's key pair. The private key is held as a `CryptoKey` and, by default, is not extractable. */
export class Keys {
  private constructor();
  /** Generates a key pair for an algorithm. An RSA key has 2048 bits. */
  static generate(
    algorithm: "RS256" | "RS384" | "RS512" | "ES256" | "ES384" | "ES512",
    options?: { extractable?: boolean },
  ): Promise<Keys>;
  /** Imports a private key in PEM format: PKCS#8, or PKCS#1 as written by `openssl genrsa -traditional`. */
  static importPem(pem: string): Promise<Keys>;
  /** Imports a private JWK. */
  static importJwk(jwk: JsonWebKey | string): Promise<Keys>;
  /** Loads the key pair with a name from IndexedDB, or returns `null`. Rejects with `storage_unavailable` without IndexedDB, as in Node. */
  static load(name: string): Promise<Keys | null>;
  /** Deletes the key pair with a name from IndexedDB. */
  static remove(name: string): Promise<void>;
  /** Returns the names of all stored key pairs. */
  static names(): Promise<string[]>;
  /** Stores the key pair in IndexedDB under a name. */
  save(name: string): Promise<void>;
  /** The key id: that of the imported JWK, otherwise the thumbprint. */
  readonly kid: string;
  /** The public key's thumbprint (RFC 7638). */
  readonly thumbprint: string;
  /** The private key, for use in a `ServerConfig` too. An RSA key has one `CryptoKey` for each hash. */
  readonly privateKey: CryptoKey[];
  /** The public key. */
  readonly publicJwk: JsonWebKey & { kid: string };
  /** The public key as a JWK Set, to publish at the client's `jwks_uri`. */
  readonly jwks: { keys: (JsonWebKey & { kid: string })[] };
  /** Returns the public key in PEM format. */
  publicPem(): Promise<string>;
  /** Frees the object's WebAssembly memory. Stored keys are not affected. */
  [Symbol.dispose](): void;
}
