/**
 * Services that act by themselves, bulk export, clients' keys, and what can be asked of a server without a client. Its WebAssembly is a
 * file of its own, loaded at the first call. `smartrust/backend/inline` has the same.
 *
 * @module smartrust/backend
 */

/// <reference lib="esnext.disposable" />
import type { AuthenticationRequest, ClientCredential, ClientKey, WasmSource } from "./config.js";
import type { Search, SearchOptions, SearchParameters } from "./fhir.js";
import type { Asked, Resource, TypeIn } from "./resources.js";

export { SmartError } from "./errors.js";
export { Scopes } from "./scopes.js";
export { Registration, diagnose, discover, register } from "./server.js";
export type * from "./server.js";
export type { AuthenticationRequest, ClientCredential, ClientKey } from "./config.js";
export type { Page, Search, SearchOptions, SearchParameters, SearchProgress } from "./fhir.js";
export type { Resource, ResourceOf } from "./resources.js";

/**
 * Loads the WebAssembly for services ahead of the first call, which else does it. `source` says where it comes from, where that is not
 * beside this package's files: see `smartrust/backend/wasm`. Rejects with `wasm_unavailable`.
 *
 * ```js
 * import { ready } from "smartrust/backend";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/** What a service knows of a server, and how it proves itself. */
export interface BackendConfig {
  /** The FHIR base. */
  fhirBase: string;
  /** Where `.well-known` lies, if not under the FHIR base. */
  discoveryBase?: string;
  /** The token endpoint, for servers whose documents are missing or wrong: with it no document is asked for. */
  tokenEndpoint?: string;
  /** The client id. */
  clientId: string;
  /** The scopes, separated by spaces, such as `system/*.rs`. */
  scope: string;
  /** The key that signs the client's assertions: `Keys`, or a key of your own (SMART App Launch 2.2, backend services). */
  key?: ClientKey | Keys;
  /** A shared secret, for servers that take no key. */
  clientSecret?: string;
  /** How the client authenticates; by default `private_key_jwt` with a key, `client_secret_basic` with a secret. */
  tokenEndpointAuthMethod?: "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  /** How a Basic header is written: form-encoded first (`form`), or `raw`. */
  basicEncoding?: "form" | "raw";
  /** Authenticates the client's token requests in the app's own way, anew for every request. */
  authenticate?: (request: AuthenticationRequest) => ClientCredential | Promise<ClientCredential>;
  /** Origins besides the FHIR base's that export files may be fetched from with the access token. */
  fileOrigins?: string[];
  /** Allows plain http to other machines. Everybody on the way can then read along. */
  allowInsecureHttp?: boolean;
}

/** What to export (Bulk Data Access 2.0, export). What is left out is left to the server. */
export interface ExportRequest {
  /** The id of the Group whose members are exported. */
  group?: string;
  /** Without a group: all patients, or everything that the server has. */
  level?: "patient" | "system";
  /** The resource types (`_type`). */
  types?: string[];
  /** Only what changed since an instant (`_since`). */
  since?: string | Date;
  /** Searches that narrow types (`_typeFilter`), such as `Observation?category=laboratory`. */
  typeFilters?: string[];
  /** The elements of each resource (`_elements`). */
  elements?: string[];
  /** Related data (`includeAssociatedData`). */
  includeAssociatedData?: string[];
  /** The files' media type (`_outputFormat`). */
  outputFormat?: string;
  /** Only these patients, by their ids; they are sent by POST. */
  patients?: string[];
  /** Sends the parameters by POST in any case. */
  byPost?: boolean;
  /**
   * Has the resources of each file stand in blocks, one for each resource of this type, such as `Patient` (`organizeOutputBy`, Bulk Data
   * Access 3.0). Each block begins with a header row, which `batches()` gives as `header`.
   */
  organizeOutputBy?: string;
  /**
   * Lets the server spread its manifest over several pages (`allowPartialManifests`, Bulk Data Access 3.0). All pages are read in any case,
   * whether or not this was asked for.
   */
  allowPartialManifests?: boolean;
  /** Parameters that this list lacks. */
  parameters?: Record<string, string>;
  /** Stops the kick-off. */
  signal?: AbortSignal;
}

/** A file of an export. */
export interface ExportFile {
  /** The type of the resources in it. */
  type?: string;
  /** Where it is. */
  url: string;
  /** How many resources are in it, where the server says. */
  count?: number;
  /** The file in which the last block of this one goes on, where files are organized by a type. */
  continuesInFile?: string;
}

/** What an export has made: all pages of its manifest as one. */
export interface ExportManifest {
  /** The instant as of which the data was taken: what to give as `since` next time. */
  transactionTime?: string;
  /** Whether the files are fetched with the access token. */
  requiresAccessToken: boolean;
  /** The resource type by which the files are organized. */
  outputOrganizedBy?: string;
  /** Files of resources. */
  output: ExportFile[];
  /** Files of Bundles that name what was deleted. */
  deleted: ExportFile[];
  /** Files of OperationOutcomes (`error`; `outcome` in newer drafts of the guide). */
  error: ExportFile[];
  /** The manifest's first page as the server sent it. */
  document: Record<string, unknown>;
  /** All its pages as the server sent them. */
  documents: Record<string, unknown>[];
}

/** How far the server has come with an export. */
export interface ExportProgress {
  /** What the server says of it (`X-Progress`), for people. */
  text?: string;
  /** After how many seconds it will be asked again. */
  pause: number;
}

/** How far the reading of files has come. */
export interface ReadProgress {
  /** How many files are read to their end. */
  files: number;
  /** How many there are. */
  totalFiles: number;
  /** How many resources were given. */
  resources: number;
  /** How many there should be in all, where the manifest says so of every file. */
  totalResources?: number;
  /** How many bytes have arrived, uncompressed. */
  bytes: number;
  /** How many bad lines were left out. */
  skipped: number;
}

/** Resources of one file that arrived together. */
export interface ExportBatch<T extends Resource = Resource> {
  /** The file. */
  file: ExportFile;
  /**
   * The header row that the resources stand under, where files are organized by a resource type (`organizeOutputBy`): a Parameters resource
   * whose parameter `header` refers to the resource that they belong to.
   */
  header?: Resource;
  /** The resources, in the file's order. */
  resources: T[];
}

/** How files are read. */
export interface ReadOptions {
  /** Which files of the manifest; by default all of its `output`. */
  files?: ExportFile[];
  /** How many at the same time; by default four. */
  parallel?: number;
  /**
   * Leaves lines out that hold no resource and counts them. By default such a line is an error: `bad_line` where it is no JSON object or too
   * long, `file_failed` where it is an OperationOutcome among other resources.
   */
  skipBadLines?: boolean;
  /**
   * Whether a file must hold as many resources as the manifest says, else `count_mismatch`; by default it must. Header rows may be
   * counted or not, and files of errors are never counted. Give `false` for servers that count wrong.
   */
  checkCounts?: boolean;
  /** How long a line may be, in bytes: by default 67,108,864 (64 MiB), at most 512 MiB. No more of a line is held in memory. */
  maxLineBytes?: number;
  /** Is told after every batch. */
  onProgress?: (progress: ReadProgress) => void;
  /** Stops it all. */
  signal?: AbortSignal;
}

/**
 * A service at a server. It has no user: its access token is its own, is kept in memory alone, and is fetched anew when it runs out,
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
  ): Promise<Asked<T, TypeIn<Reference>>>;
  /**
   * Searches for resources of a type, exactly as the parameters say. The next page is fetched while the caller works on the one before;
   * it must lie within the FHIR base, or the search ends with `foreign_url`. `checkScopes` takes what the service asks for as granted.
   */
  search<T = unknown, Name extends string = string>(
    resourceType: Name,
    parameters?: SearchParameters,
    options?: SearchOptions,
  ): Search<Asked<T, Name>>;
  /** Begins an export. Keep its `statusUrl`: by it the job can be taken up after a crash. Rejects with `export_failed`, or what the server says. */
  startExport(request?: ExportRequest): Promise<Export>;
  /** Takes up an export that was begun before, by its status URL. */
  exportAt(statusUrl: string | URL): Promise<Export>;
  /** Frees what the client holds in WebAssembly. Its exports go on. */
  [Symbol.dispose](): void;
}

/** An export at the server. */
export class Export {
  private constructor();
  /** Where the server tells how far the job is. */
  readonly statusUrl: string;
  /**
   * Waits until the files are there, and reads all pages of the manifest. The server is asked as often as it says, else ever less often,
   * and what fails in a way that passes is tried again, for a few minutes: no connection, the statuses 408, 429, 502, 503 and 504, and any
   * other whose OperationOutcome calls it `transient`, `timeout` or `throttled`. A later call gives the same manifest. Rejects with
   * `export_cancelled` as soon as `cancel()` is called.
   */
  wait(options?: { onProgress?: (progress: ExportProgress) => void; signal?: AbortSignal }): Promise<ExportManifest>;
  /**
   * The resources of all files, several files at a time, each in its own order. No more is held in memory than what arrived last. A
   * connection that breaks off is taken up again without a resource twice or lost; a file that holds fewer or more than the manifest
   * says is an error (`count_mismatch`), and so is an OperationOutcome among a file's resources (`file_failed`).
   */
  resources<T extends Resource = Resource>(options?: ReadOptions): AsyncGenerator<T, void, undefined>;
  /** As `resources`, in the batches in which they arrive, each with its file: the fastest way through large exports. */
  batches<T extends Resource = Resource>(options?: ReadOptions): AsyncGenerator<ExportBatch<T>, void, undefined>;
  /** A file's bytes as they are, to be saved. */
  download(file: ExportFile, options?: { signal?: AbortSignal }): Promise<ReadableStream<Uint8Array>>;
  /** Gives the job up: the server may forget it and its files. A `wait()` that is under way ends at once. */
  cancel(options?: { signal?: AbortSignal }): Promise<void>;
  /** Frees what this object holds in WebAssembly. The job at the server goes on. */
  [Symbol.dispose](): void;
}

/** A client's key pair. The private half stays with the platform and, unless asked otherwise, cannot be read out of it. */
export class Keys {
  private constructor();
  /** Makes a pair for one algorithm; an RSA key has 2048 bits. */
  static generate(
    algorithm: "RS256" | "RS384" | "RS512" | "ES256" | "ES384" | "ES512",
    options?: { extractable?: boolean },
  ): Promise<Keys>;
  /** Takes over a private PEM: PKCS#8, or PKCS#1 as `openssl genrsa -traditional` writes it. */
  static importPem(pem: string): Promise<Keys>;
  /** Takes over a private JWK. */
  static importJwk(jwk: JsonWebKey | string): Promise<Keys>;
  /** The pair that is kept in IndexedDB under a name, or `null`. Rejects with `storage_unavailable` where there is no IndexedDB, as in Node. */
  static load(name: string): Promise<Keys | null>;
  /** Forgets what is kept under a name. */
  static remove(name: string): Promise<void>;
  /** The names that pairs are kept under. */
  static names(): Promise<string[]>;
  /** Keeps the pair in IndexedDB under a name. */
  save(name: string): Promise<void>;
  /** The key's name: of the imported JWK, else the thumbprint. */
  readonly kid: string;
  /** The public half's thumbprint (RFC 7638). */
  readonly thumbprint: string;
  /** What signs: for an RSA key one `CryptoKey` for each hash. It can stand in a `ServerConfig` too. */
  readonly privateKey: CryptoKey[];
  /** The public half. */
  readonly publicJwk: JsonWebKey & { kid: string };
  /** The public half as a JWK Set, to be served under the client's `jwks_uri`. */
  readonly jwks: { keys: (JsonWebKey & { kid: string })[] };
  /** The public half as PEM. */
  publicPem(): Promise<string>;
  /** Frees what this object holds in WebAssembly. What was saved stays. */
  [Symbol.dispose](): void;
}
