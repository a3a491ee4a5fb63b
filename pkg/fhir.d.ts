// Types of FHIR requests and their results.

import type { SmartError } from "./errors.js";
import type { ReferencedType, Resource, ResourceInput, ResourceOf, ResourceResult, SavedResource } from "./resources.js";

/** One page of a search. */
export interface Page<T = Resource> {
  /** The matches, in the server's order. */
  resources: T[];
  /** Included resources (`_include`), each on the first page that has it. */
  included: Resource[];
  /** OperationOutcomes about the search, for example that some results are withheld. */
  outcomes: Resource[];
  /** The number of matches that are left out because an earlier page had them. `bundle` still has them. */
  repeated: number;
  /** The total number of matches, if the server sends it. */
  total?: number;
  /** The Bundle as the server sent it. A history has its deletions here. */
  bundle: Resource;
}

/** A search. Each iteration sends new requests. Nothing is sent before the first step. */
export interface Search<T = Resource> extends AsyncIterable<T> {
  /** The results page by page. */
  pages(): AsyncGenerator<Page<T>, void, undefined>;
  /** All results. */
  toArray(): Promise<T[]>;
  /** OperationOutcomes of the pages in the latest iteration, for example that some results are withheld. */
  readonly outcomes: Resource[];
}

/** Search parameters. An array repeats a parameter. */
export type SearchParameters =
  | Record<string, string | number | boolean | undefined | (string | number | boolean)[]>
  | URLSearchParams
  | Iterable<[string, string]>;

/** Options of a call that can be aborted. */
export interface Abortable {
  /** Aborts the call, which rejects with the code `aborted`. A token refresh in progress continues. */
  signal?: AbortSignal;
}

/** Options for a request. */
export interface RequestOptions extends Abortable {
  /** Additional headers, for all pages of a search. `Authorization` is set by the client. */
  headers?: Headers | Record<string, string> | Iterable<[string, string]>;
  /**
   * Whether the request is retried after network errors, 408, 429, 502, 503 and 504. By default it is retried if it is idempotent. `true`
   * also retries a POST; `false` never retries.
   */
  retry?: boolean;
  /**
   * Whether the browser's HTTP cache may be used. The default is `"no-store"`, because cached responses may be stale, stay after the session
   * ends, and can be read by the next user of the browser. Use `"default"` for resources that are the same for all users, such as a
   * ValueSet.
   */
  cache?: "no-store" | "default";
  /** Rejects with `not_granted`, without sending anything, if no granted scope allows the request. */
  checkScopes?: boolean;
}

/** Progress of reading a `Blob`. If a request is retried, the count starts at 0 again. */
export interface BlobProgress {
  /** The number of bytes received. */
  bytes: number;
  /** The total number of bytes, if the server sends it. */
  total?: number;
}

/** Options for reading a `Blob`. */
export interface BlobOptions extends Omit<RequestOptions, "checkScopes"> {
  /** The expected media type, such as `attachment.contentType`. */
  accept?: string;
  /** Is called for each chunk. */
  onProgress?: (progress: BlobProgress) => void;
}

/** Progress of a search. A prefetched page counts when it is returned. */
export interface SearchProgress {
  /** The number of pages returned. */
  pages: number;
  /** The number of matches on them, including those that are left out because an earlier page had them. */
  resources: number;
  /** The total number of matches, if the server sends it. */
  total?: number;
  /** The uncompressed size of the pages in bytes. */
  bytes: number;
}

/** Options for a search. */
export interface SearchOptions extends RequestOptions {
  /** Is called for each page, before it is returned. */
  onProgress?: (progress: SearchProgress) => void;
  /** Is called with each OperationOutcome, before its page is returned. */
  onOutcome?: (outcome: Resource) => void;
  /** Ends the search after this number of resources. */
  limit?: number;
  /** Searches with POST. A search with a long URL uses POST automatically. */
  post?: boolean;
}

/** Options for a change. */
export interface ChangeOptions extends RequestOptions {
  /** What the response should contain (the `Prefer` header). */
  prefer?: "minimal" | "representation" | "OperationOutcome";
}

/** Options for `create`. */
export interface CreateOptions extends ChangeOptions {
  /** Creates the resource only if this search has no results, such as `identifier=http://example.org|7`. */
  ifNoneExist?: string;
}

/** Options for a conditional change. */
export interface ConditionalOptions extends ChangeOptions {
  /** Changes the resource only if it has this version (ETag). */
  ifMatch?: string;
  /** Changes the resource that this search finds; the reference is then only a type. */
  search?: SearchParameters;
}

/** Options for `update`. */
export interface UpdateOptions extends Omit<ConditionalOptions, "ifMatch"> {
  /** Replaces the resource only if it has this version: an ETag, or `true` for its own `meta.versionId`. */
  ifMatch?: string | boolean;
}

/** Options for an operation: GET with parameters, or POST with a body. */
export interface OperationOptions extends RequestOptions {
  parameters?: SearchParameters;
  /** A Parameters resource, or another resource that the operation accepts. */
  body?: ResourceInput;
  /** Uses POST even without a body. */
  post?: boolean;
}

/** The response to a change. Headers that CORS hides are absent. */
export interface FhirResponse<T = Resource> {
  status: number;
  etag?: string;
  location?: string;
  lastModified?: string;
  /** The resource in the body, if any. */
  resource?: T;
}

/** Options for `match`. */
export interface MatchOptions extends RequestOptions {
  /** Whether to request only certain matches. */
  onlyCertainMatches?: boolean;
  /** The maximum number of candidates. */
  count?: number;
  /** Is called with each OperationOutcome, for example that there is too little information about the person. */
  onOutcome?: (outcome: Resource) => void;
}

/** A candidate for a person. The user decides whether it is the right one. */
export interface MatchCandidate {
  resource: Resource;
  /** The score, from 0 to 1. */
  score?: number;
  grade?: "certain" | "probable" | "possible" | "certainly-not";
}

/** Options for resolving references. */
export interface ResolverOptions extends RequestOptions {
  /** Fetches references of one type in one search with `_id`, and reads those that are not in the result. */
  grouped?: boolean;
}

/** Resolves references, reads each resource once, and caches it. */
export interface Resolver {
  /** Returns the referenced resource: from the resource or Bundle that contains the reference, or from the server. */
  resolve<T = unknown, Reference extends string = string>(
    reference: Reference,
    within?: ResourceInput,
  ): Promise<ResourceResult<T, ReferencedType<Reference>>>;
  /**
   * Resolves all references in a resource or Bundle in parallel. The map's keys are the references. With a `depth` above 1, the references of
   * the results are resolved too. If one fails, the others are not affected.
   */
  resolveAll(resource: ResourceInput, options?: { depth?: number }): Promise<Map<string, { resource?: Resource; error?: SmartError }>>;
}

/** One kind of data of a record: a resource type, with optional search parameters. */
export interface RecordQuery {
  type: string;
  parameters?: SearchParameters;
}

/** One kind of data of a record, complete or in progress. */
export interface RecordPart<T = Resource> {
  /** The resource type. */
  resourceType: string;
  /** The search parameters without the patient. */
  parameters: [string, string][];
  /** The patient's resources, in the server's order. */
  resources: T[];
  /** Resources in the response that belong to another patient. Never show them as this patient's. */
  others: Resource[];
  /** OperationOutcomes about the searches, for example that some results are withheld. */
  outcomes: Resource[];
  /** The number of resources that are left out because an earlier page, search or part had them. */
  repeated: number;
  /** The total number of resources, if the server sends it. */
  total?: number;
  /** The uncompressed size of its pages in bytes; 0 if `$everything` returned all types together. */
  bytes: number;
  /**
   * The state. A part that was not granted is not requested. A part that failed keeps what was loaded before. `bycategory` means that the
   * server refuses a search for all, so that only resources in one of the `categories` were loaded.
   */
  state: "loading" | "complete" | "bycategory" | "notgranted" | "failed";
  /** The categories, if the state is `bycategory`. Resources in no category are missing. */
  categories?: string[];
  /** The reason, if the state is `failed`. */
  error?: SmartError;
}

/** Options for loading a record. */
export interface RecordOptions extends Abortable {
  /** The kinds of data. The default is what most servers support. */
  queries?: (string | RecordQuery)[];
  /** Is called with a part and its index for each page and when the part ends. */
  onPart?: (part: RecordPart, index: number) => void;
}

/** Progress of loading a whole record. */
export interface RecordProgress {
  /** The number of parts, once known. */
  parts?: number;
  /** The number of parts that ended, successfully or not. */
  done: number;
  /** The number of resources loaded. */
  resources: number;
  /** The total number of resources, if the server sends it for every part. */
  total?: number;
  /** The uncompressed number of bytes loaded. */
  bytes: number;
}

/** FHIR interactions that take one request each. */
export interface Interactions {
  /**
   * Reads a resource by its reference, such as `Patient/1`. A reference to another server is refused (`foreign_url`). Use
   * `read<"Patient">(…)` if the type is not in the reference.
   */
  read<T = unknown, Reference extends string = string>(
    reference: Reference,
    options?: RequestOptions,
  ): Promise<ResourceResult<T, ReferencedType<Reference>>>;
  /** Creates a resource. */
  create<T extends ResourceInput = Resource, Name extends string = T["resourceType"]>(
    resource: T & { resourceType: Name },
    options?: CreateOptions,
  ): Promise<FhirResponse<SavedResource<T, Name>>>;
  /** Updates the resource with the type and id of this one. */
  update<T extends ResourceInput = Resource, Name extends string = T["resourceType"]>(
    resource: T & { resourceType: Name },
    options?: UpdateOptions,
  ): Promise<FhirResponse<SavedResource<T, Name>>>;
  /** Patches a resource with a JSON Patch (an array) or a FHIRPath Patch (Parameters). */
  patch<T = Resource>(reference: string, patch: object[] | ResourceInput, options?: ConditionalOptions): Promise<FhirResponse<T>>;
  /** Deletes a resource. */
  delete(reference: string, options?: ConditionalOptions): Promise<FhirResponse>;
  /** Calls an operation, such as `Patient/1/$everything`, `Patient/$match` or `$convert`. */
  operation<T = Resource>(target: string, options?: OperationOptions): Promise<T | undefined>;
}

/** Options for a batcher. */
export interface BatcherOptions extends RequestOptions {
  /** The maximum number of requests in one batch; the default is 50. */
  atMost?: number;
  /** The maximum delay before a batch is sent, in milliseconds; the default is 10. */
  milliseconds?: number;
}

/**
 * Combines requests into batches (FHIR R4, RESTful API: batch). Each call gets its own result: if one fails, the others are not
 * affected.
 */
export interface Batcher extends Interactions {
  /** Returns the first page of a search as a Bundle. */
  search(resourceType: string, parameters?: SearchParameters, options?: Abortable): Promise<ResourceOf<"Bundle">>;
  /** Sends the waiting requests now. */
  flush(): void;
}
