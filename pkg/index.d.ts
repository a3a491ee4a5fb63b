import type { SmartAppConfig, LaunchOptions, PopupOptions } from "./config.js";
import type {
  Resource,
  Search,
  SearchParameters,
  Abortable,
  RequestOptions,
  SearchOptions,
  CreateOptions,
  ConditionalOptions,
  UpdateOptions,
  OperationOptions,
  FhirResponse,
  MatchOptions,
  MatchCandidate,
  ResolverOptions,
  Resolver,
  RecordPart,
  RecordOptions,
} from "./fhir.js";

export type * from "./config.js";
export type * from "./fhir.js";

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
