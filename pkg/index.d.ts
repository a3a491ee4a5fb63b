/**
 * SMART apps and their sessions: launch, tokens, refresh and FHIR calls. `smartrust/inline` and `smartrust/smartrust.min.js` have the same.
 *
 * @module smartrust
 */

/// <reference lib="esnext.disposable" />
import type { LaunchOptions, PopupOptions, SmartAppConfig, WasmSource } from "./config.js";
import type {
  Abortable,
  Batcher,
  BatcherOptions,
  BlobOptions,
  Interactions,
  MatchCandidate,
  MatchOptions,
  RecordOptions,
  RecordPart,
  RecordProgress,
  RequestOptions,
  Resolver,
  ResolverOptions,
  Search,
  SearchOptions,
  SearchParameters,
} from "./fhir.js";
import type { SmartError } from "./errors.js";
import type { Finding } from "./server.js";
import type { Asked, Resource, ResourceOf, Sendable } from "./resources.js";

export type * from "./config.js";
export type * from "./fhir.js";
export type { Asked, Resource, ResourceOf, Sendable, Stored, TypeIn } from "./resources.js";
export type * from "./backend.js";
export { SmartError } from "./errors.js";
export { BackendClient, Export, Keys, Registration, Scopes, diagnose, discover, register } from "./backend.js";

/**
 * Loads the WebAssembly before the first call, which otherwise loads it. `source` says where the file is, if it is not beside this
 * package's other files: see `smartrust/wasm`. Rejects with `wasm_unavailable`.
 *
 * ```js
 * import { ready } from "smartrust";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/**
 * A SMART app.
 *
 * ```js
 * const app = new SmartApp({ clientId: "my-app", scope: "launch/patient openid fhirUser patient/*.rs", trustedIssuers: [fhirBase] });
 * const session = (await app.resume()) ?? (await app.launch());
 * const patient = await session?.patient?.read();
 * ```
 *
 * A mistake in the configuration rejects the first call, with the code `invalid_configuration`.
 */
export class SmartApp {
  constructor(config: SmartAppConfig);
  /**
   * Brings the session of this page back: from the redirect that opened the page, else from the store. A reload brings back the session
   * that the page showed, or none if that has ended. `null` if there is none, and if an EHR's launch link opened the page. A frame that
   * showed no session gets none; a new tab gets the only session of a store that all tabs share.
   *
   * If the server was away while the code of the redirect was exchanged (`network`, `timeout`, a 5xx), call it again: for ten minutes it
   * sends the code once more, also after a reload. It may be called twice at once; the same session is the same object.
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
  /**
   * A session with an access token that somebody gave the user, as test servers hand out. A reload brings it back.
   *
   * It cannot be refreshed, and who the user is was not checked: `identity` is `undefined`, and `findings()` says so. Signing out
   * forgets the token here and does not revoke it, as it was issued to somebody else.
   *
   * Rejects with `invalid_access_token` for what cannot be one, and as a launch does where the server is unknown or its
   * configuration cannot be had.
   */
  sessionFromToken(token: string, options?: PastedTokenOptions): Promise<Session>;
  /** Prepares a launch and gives the address to send the user to, for an app that navigates by itself. */
  authorizationUrl(options?: LaunchOptions): Promise<string>;
  /** Frees what the app holds in WebAssembly: `using app = new SmartApp(…)`. Its sessions stand. */
  [Symbol.dispose](): void;
}

/** What is known of an access token that was pasted. */
export interface PastedTokenOptions {
  /** The configured name of its server, for where there are several. */
  server?: string;
  /** The id of the patient that it is about. */
  patient?: string;
  /** The scopes that it was granted; without them those of the configuration, and the server has the last word. */
  scope?: string;
  /** In how many seconds it runs out. */
  expiresIn?: number;
}

/** What the server says of the user (OpenID Connect Core section 5.1). */
export interface UserInfo {
  /** The user's name at the issuer, the same as in the ID token. */
  sub: string;
  name?: string;
  email?: string;
  fhirUser?: string;
  [member: string]: unknown;
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
  refreshed: null;
  /** The check of the ID token's signature has ended, and the session stands. */
  identitychecked: null;
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

/** A resource that a session is about. */
export interface InContext<Name extends string = string> {
  /** The resource type. */
  readonly resourceType: Name;
  /** The id, which is also its text: `` `Patient/${session.patient}` ``. */
  readonly id: string;
  /** Such as `Patient/1`. */
  readonly reference: string;
  /** Reads the resource. */
  read<T = unknown>(options?: RequestOptions): Promise<Asked<T, Name>>;
  toString(): string;
}

/** The patient that a session is about. */
export interface PatientInContext extends InContext<"Patient"> {
  /** As `session.search`, for what is this patient's (`patient=…`). */
  search<T = unknown, Name extends string = string>(
    resourceType: Name,
    parameters?: SearchParameters,
    options?: SearchOptions,
  ): Search<Asked<T, Name>>;
}

/** A signed-in session. Its tokens stay inside. */
export class Session implements Interactions {
  private constructor();
  /** What tells the session from others of the same app. It is no secret. */
  readonly id: string;
  /** The configured name of its server. */
  readonly server: string | undefined;
  /** The patient in context. */
  readonly patient: PatientInContext | undefined;
  /** The encounter in context. */
  readonly encounter: InContext<"Encounter"> | undefined;
  /** The user's own resource, such as `Practitioner/7`. */
  readonly fhirUser: InContext | undefined;
  /** Everything that the server said of the launch. */
  readonly context: LaunchContext;
  /** What was asked for and what was granted. */
  readonly scopes: ScopeGrant;
  /** Who the user is; `undefined` where no ID token came. */
  readonly identity: Identity | undefined;
  /** A page of the server's on which the user manages what was shared, to link to. It is never fetched. */
  readonly managementEndpoint: string | undefined;
  /** When the access token runs out, where the server says. It is refreshed then, if it can be. */
  readonly expiresAt: Date | undefined;
  /** Whether a new access token can be had without the user. */
  readonly canRefresh: boolean;
  /** Whether the session stands: it was not ended, and its access token is good or can be replaced. */
  readonly active: boolean;
  /**
   * Whether the store holds the session. `false` where it refused, as a full one does: the session then goes on in memory, and ends when
   * the page is reloaded or left.
   */
  readonly stored: boolean;
  /** The FHIR base that requests go to. */
  readonly fhirBase: string;
  /** Whether resources of a type may be read. */
  mayRead(resourceType: string): boolean;
  read: Interactions["read"];
  /**
   * Reads what a Binary or any other URL holds: a reference such as `Binary/1`, or `attachment.url`, which may be relative to the FHIR
   * base. A Binary is requested by `accept`, by FHIR JSON and by any media type, until the server answers one of them. The server may send
   * another media type than `accept`: the `type` of the `Blob` says which. A URL outside the FHIR base is refused (`foreign_url`), and
   * a Binary without readable data rejects with `invalid_content`.
   *
   * ```js
   * const { contentType, url } = documentReference.content[0].attachment;
   * const blob = await session.readBlob(url, { accept: contentType });
   * ```
   */
  readBlob(reference: string, options?: BlobOptions): Promise<Blob>;
  create: Interactions["create"];
  update: Interactions["update"];
  patch: Interactions["patch"];
  delete: Interactions["delete"];
  operation: Interactions["operation"];
  /**
   * Searches for resources of a type, exactly as the parameters say; `session.patient.search` adds whose they are. The next page is
   * fetched while the caller works on the one before.
   */
  search<T = unknown, Name extends string = string>(
    resourceType: Name,
    parameters?: SearchParameters,
    options?: SearchOptions,
  ): Search<Asked<T, Name>>;
  /** The history of a resource, of a type or, with `""`, of the server; its pages' `bundle` tells what was deleted. */
  history<T = Resource>(target: string, parameters?: SearchParameters, options?: SearchOptions): Search<T>;
  /** The server's capability statement. */
  capabilities(options?: RequestOptions): Promise<ResourceOf<"CapabilityStatement">>;
  /** Sends a Bundle of requests of which each is done by itself. */
  batch(bundle: Sendable, options?: RequestOptions): Promise<ResourceOf<"Bundle">>;
  /** Sends a Bundle of requests that are all done, or none. */
  transaction(bundle: Sendable, options?: RequestOptions): Promise<ResourceOf<"Bundle">>;
  /** Gathers single requests into batches. */
  batcher(options?: BatcherOptions): Batcher;
  /** Who a Patient may be (`Patient/$match`), in the server's order; nobody is picked. */
  match(patient: Sendable, options?: MatchOptions): Promise<MatchCandidate[]>;
  /** Follows references, each once. */
  resolver(options?: ResolverOptions): Resolver;
  /**
   * Loads the record of the patient in context, all kinds of data side by side. One that fails or was not granted says so
   * in its part and leaves the others alone.
   */
  loadRecord(options?: RecordOptions): Promise<RecordPart[]>;
  /**
   * Loads all that the server has of the patient in context, in a part for each type: by `$everything` where the server has it, else
   * by a search for each type that it has.
   */
  loadWholeRecord(options?: Abortable & { onProgress?: (progress: RecordProgress) => void }): Promise<RecordPart[]>;
  /** Makes the session the one that this page shows, and that a reload of it brings back. Other tabs and frames keep theirs. */
  makeCurrent(): Promise<void>;
  /** Gets a new access token; with `scope`, one that may do less. Calls that meet share one request. */
  refresh(options?: { scope?: string }): Promise<void>;
  /**
   * What the server says of the access token (RFC 7662). The token asks about itself; `asClient` asks in the client's name.
   */
  introspect(options?: Abortable & { asClient?: boolean }): Promise<Introspection>;
  /**
   * What the server says of the user (OpenID Connect Core section 5.3), held against the ID token's subject.
   *
   * Rejects with `not_offered` where no ID token came or the server has no such endpoint, and with `invalid_user_info` for an answer
   * about somebody else.
   */
  userInfo(options?: Abortable): Promise<UserInfo>;
  /** What was odd about the launch or a refresh, and yet no reason to stop. */
  findings(): Promise<Finding[]>;
  /** Ends the session in this tab and in all that share it, and gives its tokens back where the server takes them. */
  signOut(): Promise<SignOut>;
  /** Calls a listener with every event of a type; its `detail` is what `SessionEvents` says. */
  addEventListener<E extends keyof SessionEvents>(
    type: E,
    listener: (event: CustomEvent<SessionEvents[E]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<E extends keyof SessionEvents>(
    type: E,
    listener: (event: CustomEvent<SessionEvents[E]>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  /** Frees what this object holds in WebAssembly: `using session = …`. The session itself stands. */
  [Symbol.dispose](): void;
}
