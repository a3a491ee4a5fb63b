/** Where sessions and pending launches are kept: an object of the app's own. */
export interface SessionStore {
  /** The text under a key, or nothing. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Puts a text under a key. */
  set(key: string, text: string): void | Promise<void>;
  /** Removes a key. */
  remove(key: string): void | Promise<void>;
  /** All keys that begin with a prefix. */
  keys(prefix: string): string[] | Promise<string[]>;
}

/** What an app knows of one server. */
export interface ServerConfig {
  /** The app's own name for the server; needed where several are configured. */
  name?: string;
  /** The app's own label; not read by the client. */
  label?: string;
  /** The FHIR base, and the default for the discovery base and `aud`. */
  fhirBase: string;
  /** Where `.well-known` lies, if not under the FHIR base. */
  discoveryBase?: string;
  /** The `aud` parameter; by default the FHIR base as written, in an EHR launch the link's `iss`. */
  aud?: string;
  /** Which `iss` an EHR launch may come with; by default the FHIR base alone. */
  issuers?: string[];
  /** The client id that the server knows the app by. */
  clientId: string;
  /** A shared secret. Not for a browser, where everybody can read it; there a warning says so. */
  clientSecret?: string;
  /**
   * How the client authenticates (RFC 7591 section 2): by default `private_key_jwt` with a `key`, `client_secret_basic` with a
   * secret, else `none`.
   */
  tokenEndpointAuthMethod?: "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  /** The key that signs the client's assertions (SMART App Launch 2.2, asymmetric authentication). */
  key?: ClientKey;
  /**
   * Authenticates the client's token, revocation and introspection requests in the app's own way. It is called anew for every
   * request, also for one that is tried again.
   */
  authenticate?: (request: AuthenticationRequest) => ClientCredential | Promise<ClientCredential>;
  /**
   * An address of the app's own origin, absolute or relative to `redirectUri`, that takes token and revocation requests in the
   * server's place, adds the client's secret, and passes them on.
   */
  tokenProxy?: string;
  /** How a Basic header is written: form-encoded first (`form`, RFC 6749 section 2.3.1), or `raw` for servers that compare it so. */
  basicEncoding?: "form" | "raw";
  /** Where the server sends the user back to; absolute, without fragment, as it is registered. */
  redirectUri: string;
  /** The scopes, separated by spaces. `launch` is added for an EHR launch and left out of a standalone one. */
  scope: string;
  /** When a PKCE challenge (S256) is sent: always (`send`), only to a server that advertises it (`required`), never. */
  pkce?: "send" | "required" | "disabled";
  /** Audiences of an ID token that are trusted besides the client. */
  trustedAudiences?: string[];
  /** Takes an ID token without the nonce that was sent. */
  allowMissingNonce?: boolean;
  /** Allows plain http to other machines. Everybody on the way can then read along. */
  allowInsecureHttp?: boolean;
}

/** A client's private key, and what its assertions say besides. */
export interface ClientKey {
  /**
   * The key, to be used for `sign`; it need not be extractable. An RSA key of Web Crypto is bound to one hash, so there may be one
   * for each: then the server's list picks.
   */
  privateKey: CryptoKey | CryptoKey[];
  /** The key's name in the JWK Set that the client registered. */
  kid?: string;
  /** Where that set is, for servers that read it from the assertion. */
  jku?: string;
  /** The assertion's `iss`, for servers that know the client there by another name than `clientId`. */
  issuer?: string;
  /** Claims besides `iss`, `sub`, `aud`, `exp` and `jti`. */
  claims?: Record<string, unknown>;
}

/** What an app's own callback is asked to authenticate. */
export interface AuthenticationRequest {
  /** Where the request goes. */
  endpoint: string;
  /** The client. */
  clientId: string;
}

/** What authenticates one request of a client. */
export interface ClientCredential {
  /** Parameters for the form, such as `client_id` or `client_assertion`. */
  parameters?: Record<string, string>;
  /** The value of the `Authorization` header. */
  authorization?: string;
}

/** An app's configuration: one `server`, or several `servers` with names. */
export interface SmartAppConfig {
  server?: ServerConfig;
  servers?: ServerConfig[];
  /**
   * Where sessions are kept: `"tab"` (sessionStorage, the default), `"origin"` (localStorage), `"memory"`, or an object of
   * the app's own.
   */
  store?: "tab" | "origin" | "memory" | SessionStore;
}

/** How to launch. */
export interface LaunchOptions {
  /** The configured name of the server, for a standalone launch where there are several. */
  server?: string;
  /** Other scopes than the configured ones. */
  scope?: string;
  /** Parameters to add to the authorization request, such as `prompt`. */
  parameters?: Record<string, string>;
}

/** How to launch in a window of its own. */
export interface PopupOptions extends LaunchOptions {
  /** Gives up, and closes the window. */
  signal?: AbortSignal;
}

/**
 * A SMART app.
 *
 * ```js
 * const app = new SmartApp({ server: { fhirBase, clientId, redirectUri, scope } });
 * const session = (await app.resume()) ?? (await app.launch());
 * if (session) console.log(await session.read(`Patient/${session.patient}`));
 * ```
 *
 * A mistake in the configuration rejects the first call, with the code `invalid_configuration`.
 */
export class SmartApp {
  constructor(config: SmartAppConfig);
  /**
   * Brings the session back: from the redirect that the page was opened by, else from the store. `null` where there is none,
   * and where an EHR's launch link opened the page. It may be called twice at once; the same session is the same object.
   */
  resume(): Promise<Session | null>;
  /**
   * Leaves the page for the authorization server: as the EHR's launch link in the page's address says, else for a standalone
   * launch. Resolves with `null`; the session comes by `resume()` on the page of the redirect.
   */
  launch(options?: LaunchOptions): Promise<null>;
  /**
   * Launches in a window of its own, and gives the session that comes of it; the page stays. Call it in the user's click, before
   * anything is awaited, or the browser blocks the window (`popup_blocked`). The page at `redirectUri` calls `resume()` as ever,
   * which hands the redirect over and closes the window.
   *
   * Rejects with `popup_closed` some ten seconds after the user closed the window.
   */
  launchInPopup(options?: PopupOptions): Promise<Session>;
  /**
   * Leaves the page to ask the server of a session again, about the same patient: after the session ran out, or with
   * `scope` to ask for more than was granted. `resume()` then gives a new session, or rejects with `patient_changed`.
   */
  launchAgain(session: Session, options?: { scope?: string }): Promise<null>;
  /** All sessions that the store holds, of every configured server. */
  sessions(): Promise<Session[]>;
  /** Prepares a launch and gives the address to send the user to, for an app that navigates by itself. */
  authorizationUrl(options?: LaunchOptions): Promise<string>;
}

/** What was asked for and what was granted, as scopes in the server's words. */
export interface ScopeGrant {
  /** What was asked for. */
  requested: string[];
  /** What was granted; all that was asked for, where the server did not say. */
  granted: string[];
  /** What was asked for and of which nothing was granted. */
  missing: string[];
  /** What was asked for and of which a part was granted, such as a wildcard that came back as a few types. */
  narrowed: string[];
  /** What was granted though it was not asked for. */
  extra: string[];
}

/** Who the user is, and what of it was checked. */
export interface Identity {
  /** Who says so. */
  issuer: string;
  /** The user's name at the issuer. */
  subject: string;
  /** All claims of the ID token. */
  claims: Record<string, unknown>;
  /** Whether the issuer was compared with one that the server's documents name. */
  issuerChecked: boolean;
  /** Whether the nonce of the request came back. */
  nonceChecked: boolean;
  /** Whether `at_hash` binds the ID token to the access token. */
  accessTokenHashChecked: boolean;
  /** The check of the signature. One that does not hold ends the session. */
  signature: "pending" | "verified" | "unchecked";
  /** Why the signature could not be checked. */
  signatureReason?: string;
}

/** The launch context as the server gave it, without the tokens. */
export interface LaunchContext {
  patient?: string;
  encounter?: string;
  need_patient_banner?: boolean;
  intent?: string;
  tenant?: string;
  smart_style_url?: string;
  fhirContext?: { reference?: string; canonical?: string; type?: string; role?: string }[];
  [member: string]: unknown;
}

/** A FHIR resource, as the server sent it. */
export interface Resource {
  resourceType: string;
  id?: string;
  [member: string]: any;
}

/** One page of a search. */
export interface Page<T = Resource> {
  /** The matches, in the server's order. */
  resources: T[];
  /** Resources that came along (`_include`). */
  included: Resource[];
  /** OperationOutcomes with remarks on the search. */
  outcomes: Resource[];
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
   * Whether the request is tried again after network errors, 429, 502, 503 and 504: always, never, or by default where it does no
   * more when it arrives twice. A POST is not, except `true` says that it does no harm.
   */
  retry?: boolean;
  /** Rejects with `not_granted`, and sends nothing, where no granted scope allows the request for its type. */
  checkScopes?: boolean;
}

/** How a search is made. */
export interface SearchOptions extends RequestOptions {
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
  body?: Resource;
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
  resolve<T = Resource>(reference: string, within?: Resource): Promise<T>;
  /**
   * All that a resource or Bundle refers to, side by side, by reference; with a `depth` above 1 also what that refers to. One that
   * fails leaves the others.
   */
  resolveAll(resource: Resource, options?: { depth?: number }): Promise<Map<string, { resource?: Resource; error?: SmartError }>>;
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
  /** How many resources there are in all, where the server says. */
  total?: number;
  /** How far it has come. What was not granted is not asked for; what failed keeps what came before. */
  state: "loading" | "complete" | "notgranted" | "failed";
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

/** The events of a session. */
export interface SessionEvents {
  /** The session has a new access token. */
  refreshed: undefined;
  /** The check of the ID token's signature has ended, and the session stands. */
  identitychecked: undefined;
  /** The session has ended; the error says why, with the code `signed_out` where the user asked for it. */
  signedout: SmartError;
}

/** What a server says of a token. */
export interface Introspection {
  /** Whether it can be used. */
  active: boolean;
  scope?: string;
  exp?: number;
  sub?: string;
  [member: string]: unknown;
}

/** What became of the tokens at the server when the session was ended. They are forgotten here in any case. */
export interface SignOut {
  /** Taken back; no endpoint for it; a page for people in its place; out of reach or refused; ended before. */
  revocation: "revoked" | "notoffered" | "page" | "failed" | "ended";
  /** The page on which people manage what they shared. */
  page?: string;
  /** Why it failed. */
  error?: SmartError;
}

/** A signed-in session. Its tokens stay inside. */
export class Session {
  private constructor();
  /** What tells the session from others of the same app. It is no secret. */
  readonly id: string;
  /** The configured name of its server. */
  readonly server: string | undefined;
  /** The id of the patient in context. */
  readonly patient: string | undefined;
  /** The id of the encounter in context. */
  readonly encounter: string | undefined;
  /** The user's own resource, such as `Practitioner/7`. */
  readonly fhirUser: string | undefined;
  /** Everything that the server said of the launch. */
  readonly context: LaunchContext;
  /** What was asked for and what was granted. */
  readonly scopes: ScopeGrant;
  /** Who the user is; `undefined` where no ID token came. */
  readonly identity: Identity | undefined;
  /** When the access token runs out, where the server says. It is refreshed then, if it can be. */
  readonly expiresAt: Date | undefined;
  /** Whether a new access token can be had without the user. */
  readonly canRefresh: boolean;
  /** Whether the session stands. */
  readonly active: boolean;
  /** The FHIR base that requests go to. */
  readonly fhirBase: string;
  /** Whether resources of a type may be read. */
  mayRead(resourceType: string): boolean;
  /** Reads a resource by its reference, such as `Patient/1`. A reference to another server is refused. */
  read<T = Resource>(reference: string, options?: RequestOptions): Promise<T>;
  /** Searches for resources of a type. The next page is fetched while the caller works on the one before. */
  search<T = Resource>(resourceType: string, parameters?: SearchParameters, options?: SearchOptions): Search<T>;
  /** The history of a resource, of a type or, with `""`, of the server; its pages' `bundle` tells what was deleted. */
  history<T = Resource>(target: string, parameters?: SearchParameters, options?: SearchOptions): Search<T>;
  /** Makes a resource. */
  create<T = Resource>(resource: Resource, options?: CreateOptions): Promise<FhirResponse<T>>;
  /** Replaces a resource, by the type and id that it names. */
  update<T = Resource>(resource: Resource, options?: UpdateOptions): Promise<FhirResponse<T>>;
  /** Changes a resource in part: by a JSON Patch (an array) or a FHIRPath Patch (Parameters). */
  patch<T = Resource>(reference: string, patch: object[] | Resource, options?: ConditionalOptions): Promise<FhirResponse<T>>;
  /** Removes a resource. */
  delete(reference: string, options?: ConditionalOptions): Promise<FhirResponse>;
  /** The server's capability statement. */
  capabilities(options?: RequestOptions): Promise<Resource>;
  /** Asks for an operation, such as `Patient/1/$everything`, `Patient/$match` or `$convert`. */
  operation<T = Resource>(target: string, options?: OperationOptions): Promise<T | undefined>;
  /** Sends a Bundle of requests of which each is done by itself. */
  batch(bundle: Resource, options?: RequestOptions): Promise<Resource>;
  /** Sends a Bundle of requests that are all done, or none. */
  transaction(bundle: Resource, options?: RequestOptions): Promise<Resource>;
  /** Who a Patient may be (`Patient/$match`), in the server's order; nobody is picked. */
  match(patient: Resource, options?: MatchOptions): Promise<MatchCandidate[]>;
  /** Follows references, each once. */
  resolver(options?: ResolverOptions): Resolver;
  /**
   * Loads the record of the patient in context, all kinds of data side by side. One that fails or was not granted says so
   * in its part and leaves the others alone.
   */
  loadRecord(options?: RecordOptions): Promise<RecordPart[]>;
  /** Makes the session the one that a reload of this page brings back. */
  makeCurrent(): Promise<void>;
  /** Gets a new access token; with `scope`, one that may do less. Calls that meet share one request. */
  refresh(options?: { scope?: string }): Promise<void>;
  /**
   * What the server says of the access token (RFC 7662). The token asks about itself; `asClient` asks in the client's name.
   */
  introspect(options?: Abortable & { asClient?: boolean }): Promise<Introspection>;
  /** Ends the session in this tab and in all that share it, and gives its tokens back where the server takes them. */
  signOut(): Promise<SignOut>;
  /** Calls a listener with every event of a type. Returns what ends that. */
  on<E extends keyof SessionEvents>(type: E, listener: (detail: SessionEvents[E]) => void): () => void;
}

/** What every call rejects with. */
export class SmartError extends Error {
  /** A stable code, such as `state_mismatch`, `access_denied`, `not_found` or `network`. */
  readonly code: string;
  /** The HTTP status, where an answer caused the error. */
  readonly status?: number;
  /** The section of the standard that the error rests on. */
  readonly section?: string;
  /** The OperationOutcome of a FHIR error. */
  readonly operationOutcome?: Resource;
  /** `Retry-After`, as it came. */
  readonly retryAfter?: string;
  /** `ETag`, as it came. */
  readonly etag?: string;
  /** The OAuth error code, in the server's words. */
  readonly error?: string;
  /** The OAuth error's description. Show it as text, never as HTML. */
  readonly errorDescription?: string;
  /** The OAuth error's address. */
  readonly errorUri?: string;
}
