// What FHIR calls take and give.

import type { SmartError } from "./errors.js";
import type { Asked, Resource, ResourceOf, Sendable, Stored, TypeIn } from "./resources.js";

/** One page of a search. */
export interface Page<T = Resource> {
  /** The matches, in the server's order. */
  resources: T[];
  /** Resources that came along (`_include`), each on the page where it first came. */
  included: Resource[];
  /** The server's remarks on the search, OperationOutcomes, such as that some results are withheld. */
  outcomes: Resource[];
  /** How many matches are left out because an earlier page had them. `bundle` still has them. */
  repeated: number;
  /** How many matches there are in all, where the server says. */
  total?: number;
  /** The whole Bundle, as it came, such as for the deletions in a history. */
  bundle: Resource;
}

/** A search. Each iteration asks the server anew; nothing is sent before the first step. */
export interface Search<T = Resource> extends AsyncIterable<T> {
  /** The results page by page. */
  pages(): AsyncGenerator<Page<T>, void, undefined>;
  /** All results. */
  toArray(): Promise<T[]>;
  /** The server's remarks, OperationOutcomes, of the pages that the latest iteration was given: such as that some results are withheld. */
  readonly outcomes: Resource[];
}

/** Search parameters: an array stands for a parameter that is repeated. */
export type SearchParameters =
  | Record<string, string | number | boolean | undefined | (string | number | boolean)[]>
  | URLSearchParams
  | Iterable<[string, string]>;

/** Something that a caller can call off. */
export interface Abortable {
  /** Calls the work off; it rejects with the code `aborted`. A token refresh goes on all the same. */
  signal?: AbortSignal;
}

/** How a request is made. */
export interface RequestOptions extends Abortable {
  /** Headers to add; they stay through all pages of a search. `Authorization` is the client's own. */
  headers?: Headers | Record<string, string> | Iterable<[string, string]>;
  /**
   * Whether the request is tried again after network errors, 408, 429, 502, 503 and 504: always, never, or by default where it does no
   * more when it arrives twice. A POST is not, except `true` says that it does no harm.
   */
  retry?: boolean;
  /**
   * Whether the browser's HTTP cache may be used. By default it is not (`"no-store"`): what it keeps may be stale, outlives the session,
   * and is given to the next user of the same browser. `"default"` is for what is always the same for everybody, such as a ValueSet.
   */
  cache?: "no-store" | "default";
  /** Rejects with `not_granted`, and sends nothing, where no granted scope allows the request for its type. */
  checkScopes?: boolean;
}

/** How far the reading of a `Blob` has come. Where a request is sent again, the bytes are counted from 0 again. */
export interface BlobProgress {
  /** How many bytes have arrived. */
  bytes: number;
  /** How many there are in all, where the server says so. */
  total?: number;
}

/** How a `Blob` is read. */
export interface BlobOptions extends Omit<RequestOptions, "checkScopes"> {
  /** The media type that the content is said to have, such as `attachment.contentType`. */
  accept?: string;
  /** Is called with each piece that arrives. */
  onProgress?: (progress: BlobProgress) => void;
}

/** How far the reading of pages has come. A page that is fetched ahead counts when it is given. */
export interface SearchProgress {
  /** How many pages were given. */
  pages: number;
  /** How many matches were on them, also those that are not given because an earlier page had them. */
  resources: number;
  /** How many matches there are in all, where the server says. */
  total?: number;
  /** How many bytes the pages had as they came, uncompressed. */
  bytes: number;
}

/** How a search is made. */
export interface SearchOptions extends RequestOptions {
  /** Is told with every page, before it is given. */
  onProgress?: (progress: SearchProgress) => void;
  /** Is called with each remark of the server, an OperationOutcome, before the page that it came on is given. */
  onOutcome?: (outcome: Resource) => void;
  /** Ends the search after so many resources. */
  limit?: number;
  /** Searches by POST. A search whose address is long does so by itself. */
  post?: boolean;
}

/** How a resource is changed. */
export interface ChangeOptions extends RequestOptions {
  /** What the server should send back. */
  prefer?: "minimal" | "representation" | "OperationOutcome";
}

/** How a resource is made. */
export interface CreateOptions extends ChangeOptions {
  /** Makes it only where this search finds none, such as `identifier=http://example.org|7`. */
  ifNoneExist?: string;
}

/** How a resource that is there is changed. */
export interface ConditionalOptions extends ChangeOptions {
  /** Changes it only while it is this version, by its ETag. */
  ifMatch?: string;
  /** Changes the one that this search finds; the reference is then a type alone. */
  search?: SearchParameters;
}

/** How a resource is replaced. */
export interface UpdateOptions extends Omit<ConditionalOptions, "ifMatch"> {
  /** Replaces it only while it is this version: an ETag, or `true` for the resource's own `meta.versionId`. */
  ifMatch?: string | boolean;
}

/** How an operation is asked for: by GET with parameters, by POST with a body. */
export interface OperationOptions extends RequestOptions {
  parameters?: SearchParameters;
  /** A Parameters resource, or what else the operation takes. */
  body?: Sendable;
  /** Asks by POST also without a body. */
  post?: boolean;
}

/** The answer to a change. What CORS hides is absent. */
export interface FhirResponse<T = Resource> {
  status: number;
  etag?: string;
  location?: string;
  lastModified?: string;
  /** The resource in the body, if any. */
  resource?: T;
}

/** How a person is looked for. */
export interface MatchOptions extends RequestOptions {
  /** Whether only certain matches may come. */
  onlyCertainMatches?: boolean;
  /** How many to ask for at most. */
  count?: number;
  /** Is called with each remark of the server, an OperationOutcome, such as that the person was described too little. */
  onOutcome?: (outcome: Resource) => void;
}

/** A person that a record may be about. Which one it is, a person decides. */
export interface MatchCandidate {
  resource: Resource;
  /** How well it fits, from 0 to 1. */
  score?: number;
  grade?: "certain" | "probable" | "possible" | "certainly-not";
}

/** How references are followed. */
export interface ResolverOptions extends RequestOptions {
  /** Asks for those of one type by a search with `_id`, and reads what does not come back so. */
  grouped?: boolean;
}

/** Follows references, each once, and keeps what it found. */
export interface Resolver {
  /** The resource that a reference names: within the resource or Bundle that it stands in, else on the server. */
  resolve<T = unknown, Reference extends string = string>(reference: Reference, within?: Sendable): Promise<Asked<T, TypeIn<Reference>>>;
  /**
   * All that a resource or Bundle refers to, side by side, by reference; with a `depth` above 1 also what that refers to. One that
   * fails leaves the others.
   */
  resolveAll(resource: Sendable, options?: { depth?: number }): Promise<Map<string, { resource?: Resource; error?: SmartError }>>;
}

/** One kind of data of a record: a resource type, and the search that narrows it. */
export interface RecordQuery {
  type: string;
  parameters?: SearchParameters;
}

/** One kind of data of a record, as far as it has been loaded. */
export interface RecordPart<T = Resource> {
  /** The resource type. */
  resourceType: string;
  /** The search parameters besides the patient. */
  parameters: [string, string][];
  /** The patient's resources, in the server's order. */
  resources: T[];
  /** Resources that the server sent though they are another patient's. Never show them as this patient's. */
  others: Resource[];
  /** The server's remarks on the searches, OperationOutcomes, such as that some results are withheld. */
  outcomes: Resource[];
  /** How many resources came that are not in this part, because an earlier page, search or part had them. */
  repeated: number;
  /** How many resources there are in all, where the server says. */
  total?: number;
  /** How many bytes its pages had as they came, uncompressed; 0 where `$everything` brought all types together. */
  bytes: number;
  /**
   * How far it has come. What was not granted is not asked for; what failed keeps what came before. `bycategory` is all that is in one of
   * the `categories`, where the server refuses to tell the rest.
   */
  state: "loading" | "complete" | "bycategory" | "notgranted" | "failed";
  /** With the state `bycategory`, the categories. What is in none of them is not there. */
  categories?: string[];
  /** Why it failed. */
  error?: SmartError;
}

/** How a record is loaded. */
export interface RecordOptions extends Abortable {
  /** The kinds of data; by default those that most servers have. */
  queries?: (string | RecordQuery)[];
  /** Called with a part and its number each time that a page came and when it ended. */
  onPart?: (part: RecordPart, index: number) => void;
}

/** How far the loading of a whole record has come. */
export interface RecordProgress {
  /** How many parts there are, as soon as that is known. */
  parts?: number;
  /** How many parts have ended, whichever way. */
  done: number;
  /** How many resources have come. */
  resources: number;
  /** How many there are in all, where the server says so for every part. */
  total?: number;
  /** How many bytes have come, uncompressed. */
  bytes: number;
}

/** What is asked of a server in single requests. */
export interface Interactions {
  /**
   * Reads a resource by its reference, such as `Patient/1`. A reference to another server is refused (`foreign_url`).
   * `read<"Patient">(…)` says what comes where the reference does not.
   */
  read<T = unknown, Reference extends string = string>(
    reference: Reference,
    options?: RequestOptions,
  ): Promise<Asked<T, TypeIn<Reference>>>;
  /** Makes a resource. */
  create<T extends Sendable = Resource, Name extends string = T["resourceType"]>(
    resource: T & { resourceType: Name },
    options?: CreateOptions,
  ): Promise<FhirResponse<Stored<T, Name>>>;
  /** Replaces a resource, by the type and id that it names. */
  update<T extends Sendable = Resource, Name extends string = T["resourceType"]>(
    resource: T & { resourceType: Name },
    options?: UpdateOptions,
  ): Promise<FhirResponse<Stored<T, Name>>>;
  /** Changes a resource in part: by a JSON Patch (an array) or a FHIRPath Patch (Parameters). */
  patch<T = Resource>(reference: string, patch: object[] | Sendable, options?: ConditionalOptions): Promise<FhirResponse<T>>;
  /** Removes a resource. */
  delete(reference: string, options?: ConditionalOptions): Promise<FhirResponse>;
  /** Asks for an operation, such as `Patient/1/$everything`, `Patient/$match` or `$convert`. */
  operation<T = Resource>(target: string, options?: OperationOptions): Promise<T | undefined>;
}

/** How requests are gathered. */
export interface BatcherOptions extends RequestOptions {
  /** How many travel in one batch at most; by default 50. */
  atMost?: number;
  /** After how many milliseconds a batch leaves at the latest; by default 10. */
  milliseconds?: number;
}

/**
 * Gathers requests and sends them as one batch (FHIR R4, RESTful API: batch). Each caller gets what came of its own: one that fails
 * leaves the others.
 */
export interface Batcher extends Interactions {
  /** The first page of a search, as its Bundle. */
  search(resourceType: string, parameters?: SearchParameters, options?: Abortable): Promise<ResourceOf<"Bundle">>;
  /** Sends what waits now. */
  flush(): void;
}
