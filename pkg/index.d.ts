/**
 * SMART apps and their sessions: launch, tokens, refresh and FHIR requests. `smartrust/inline` and `smartrust/smartrust.min.js` export the same.
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
import type { Resource, ResourceInput, ResourceOf, ResourceResult } from "./resources.js";
import type { AppState, Identity, Introspection, LaunchContext, LaunchTask, NotKept, ScopeGrant, SessionEvents, SignOut, StateOptions, UserInfo } from "./session.js";

export type * from "./config.js";
export type * from "./fhir.js";
export type * from "./session.js";
export type { ReferencedType, Resource, ResourceInput, ResourceOf, ResourceResult, SavedResource } from "./resources.js";
export type * from "./backend.js";
export { SmartError, type SmartErrorCode } from "./errors.js";
export { BackendClient, Export, Keys, Registration, Scopes, diagnose, discover, register } from "./backend.js";

/**
 * Loads the WebAssembly. Without it, the first call loads it. `source` is the file's URL or content, if the file is not in the package's
 * folder: see `smartrust/wasm`. Rejects with `wasm_unavailable`, `wasm_blocked` or `wasm_unsupported`.
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
 * If the configuration is invalid, the first call rejects with the code `invalid_configuration`.
 */
export class SmartApp {
  constructor(config: SmartAppConfig);
  /**
   * Returns this page's session: from the redirect that opened the page, or from the store. After a reload, it is the session that the page
   * had, or `null` if that session has ended. It is also `null` if there is no session, and if an EHR's launch link opened the page. A
   * frame that had no session gets none. A new tab gets the session of a store that all tabs share, if there is only one.
   *
   * If the code exchange failed because the server was unavailable (`network`, `timeout`, a 5xx), call `resume()` again. For ten minutes it
   * sends the code again, also after a reload. Concurrent calls are safe and return the same object for the same session.
   */
  resume(): Promise<Session | null>;
  /**
   * Navigates to the authorization server: for the EHR's launch link in the page's URL, or otherwise for a standalone launch. Resolves
   * with `null`. Call `resume()` on the redirect page to get the session.
   */
  launch(options?: LaunchOptions): Promise<null>;
  /**
   * Launches in a popup and returns the new session; the page stays. Call it in a click handler before any `await`, or the browser blocks
   * the popup (`popup_blocked`). The page at `redirectUri` calls `resume()` as usual, which passes the redirect to this page and closes the
   * popup.
   *
   * Rejects with `popup_closed` about ten seconds after the user closed the popup.
   */
  launchInPopup(options?: PopupOptions): Promise<Session>;
  /**
   * Navigates to the session's server to launch again for the same patient: after the session expired, or with `scope` to request more
   * than was granted. `resume()` then returns a new session, or rejects with `patient_changed`.
   *
   * With `keep`, this browser stays connected after the new session. Without `keep`, it does not, even if the old session was kept. The new
   * session has its own connection: disconnect that of the old session, if it still exists.
   */
  launchAgain(session: Session, options?: Pick<LaunchOptions, "scope" | "keep">): Promise<null>;
  /** All sessions in the store, of every configured server. */
  sessions(): Promise<Session[]>;
  /**
   * The connections of this app on this device, which launches with `keep` made, the one that was last used first. Opening none of them
   * sends nothing.
   *
   * ```js
   * const [connection] = await app.connections();
   * const session = connection ? await connection.open() : await app.launch({ keep: true });
   * ```
   */
  connections(): Promise<Connection[]>;
  /**
   * Creates a session from an access token that the user has, such as one that a test server issued. It is restored after a reload.
   *
   * It cannot be refreshed. The user is not authenticated: `identity` is `undefined`, and `findings()` reports it. Signing out deletes the
   * token here but does not revoke it, because it was issued to another client.
   *
   * Rejects with `invalid_access_token` if the string cannot be a token, and as a launch does if the server is unknown or its
   * configuration cannot be fetched.
   */
  sessionFromToken(token: string, options?: PastedTokenOptions): Promise<Session>;
  /** Prepares a launch and returns the URL to send the user to, for an app that navigates by itself. */
  authorizationUrl(options?: LaunchOptions): Promise<string>;
  /** Frees the app's WebAssembly memory: `using app = new SmartApp(…)`. Its sessions are not affected. */
  [Symbol.dispose](): void;
}

/**
 * A connection on this device. It has the server, the client that this browser registered there, and a key that the browser does not give out;
 * no token and no health data.
 */
export class Connection {
  private constructor();
  /** The connection's id, which is also that of its session. It is not a secret. */
  readonly id: string;
  /** The configured name of its server. */
  readonly server: string | undefined;
  /** The FHIR base. */
  readonly fhirBase: string;
  /** The issuer of the server, if its documents name it. */
  readonly issuer: string | undefined;
  /** The client id that this browser registered. */
  readonly clientId: string;
  /** The label that `session.labelConnection()` set, such as the patient's name. */
  readonly label: string | undefined;
  /** When it was last used. */
  readonly lastUsed: Date;
  /**
   * Whether the browser keeps it until the user removes it (`navigator.storage.persist()`); `undefined` if the browser did not say. Otherwise
   * the browser may delete it, for example after weeks without a visit.
   */
  readonly persistent: boolean | undefined;
  /**
   * Opens the connection with one token request, without the user, and makes its session the page's current one. If it is open in this page, the
   * promise has that session.
   *
   * Rejects with `key_missing` if the browser does not have the key any more, and with `invalid_grant` or `invalid_client` if the server does
   * not accept it any more: the connection is then removed, and the user must connect again. After `network`, `timeout` and a 5xx, it stays.
   */
  open(): Promise<Session>;
  /**
   * Ends its session in all tabs, revokes the tokens, deletes the client at the server, and removes the key from this device, also if the
   * server cannot be reached.
   */
  disconnect(): Promise<Disconnection>;
  /** Frees the object's WebAssembly memory. The connection itself is not affected. */
  [Symbol.dispose](): void;
}

/** What happened to a connection at the server. On the device it is gone. */
export interface Disconnection extends SignOut {
  /** Whether its client was deleted (RFC 7592): `deleted`, `notoffered` by the server, or `failed`. */
  deletion: "deleted" | "notoffered" | "failed";
  /** Why the deletion failed. */
  deletionError?: SmartError;
}

/** What is known about an access token for `sessionFromToken`. */
export interface PastedTokenOptions {
  /** The configured name of its server; required if there are several. */
  server?: string;
  /** The id of the patient in context. */
  patient?: string;
  /** The granted scopes. Without them, the configured scopes are assumed, and the server decides. */
  scope?: string;
  /** The token's remaining lifetime in seconds. */
  expiresIn?: number;
}

/** A resource in a session's context. */
export interface InContext<Name extends string = string> {
  /** The resource type. */
  readonly resourceType: Name;
  /** The id, which is also the object's string: `` `Patient/${session.patient}` ``. */
  readonly id: string;
  /** The reference, such as `Patient/1`. */
  readonly reference: string;
  /** Reads the resource. */
  read<T = unknown>(options?: RequestOptions): Promise<ResourceResult<T, Name>>;
  toString(): string;
}

/** The patient in a session's context. */
export interface PatientInContext extends InContext<"Patient"> {
  /** Like `session.search`, for this patient's resources (`patient=…`). */
  search<T = unknown, Name extends string = string>(
    resourceType: Name,
    parameters?: SearchParameters,
    options?: SearchOptions,
  ): Search<ResourceResult<T, Name>>;
}

/** A signed-in session. Its tokens are not accessible. */
export class Session implements Interactions {
  private constructor();
  /** The session's id within the app. It is not a secret. */
  readonly id: string;
  /** The configured name of its server. */
  readonly server: string | undefined;
  /** The patient in context. */
  readonly patient: PatientInContext | undefined;
  /** The encounter in context. */
  readonly encounter: InContext<"Encounter"> | undefined;
  /** The user's resource, such as `Practitioner/7`. */
  readonly fhirUser: InContext | undefined;
  /** The whole launch context. */
  readonly context: LaunchContext;
  /** The value that the app passed to the launch as `appState`. A later session of a kept connection has none. */
  readonly appState: unknown;
  /** Requested and granted scopes. */
  readonly scopes: ScopeGrant;
  /** Who the user is; `undefined` if there was no ID token. */
  readonly identity: Identity | undefined;
  /** The server's web page where the user manages what was shared, for a link. It is never fetched. */
  readonly managementEndpoint: string | undefined;
  /** When the access token expires, if the server said so. It is then refreshed if possible. */
  readonly expiresAt: Date | undefined;
  /** Whether the session can get a new access token without the user. */
  readonly canRefresh: boolean;
  /** Whether the session can be used: it has not ended, and its access token is valid or can be refreshed. */
  readonly active: boolean;
  /**
   * Whether the store holds the session. It is `false` if the store refused it, for example because it is full. The session is then kept
   * in memory and ends when the page is reloaded or left.
   */
  readonly stored: boolean;
  /** The FHIR base. */
  readonly fhirBase: string;
  /** Whether this browser stays connected after the session: see `launch({ keep })` and `app.connections()`. */
  readonly kept: boolean;
  /** Why the session is not kept, although its launch asked for that. The session works as one that was not to be kept. */
  readonly notKept: NotKept | undefined;
  /** Whether the granted scopes allow reading resources of a type. */
  mayRead(resourceType: string): boolean;
  read: Interactions["read"];
  /**
   * Reads the content of a Binary or of another URL: a reference such as `Binary/1`, or `attachment.url`, which may be relative to the FHIR
   * base. A Binary is requested with `accept`, then as FHIR JSON, then with any media type, until the server accepts one of them. The server
   * may send another media type than `accept`; check the `type` of the `Blob`. A URL outside the FHIR base is refused (`foreign_url`). A
   * Binary without readable data rejects with `invalid_content`.
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
   * Searches for resources of a type with exactly these parameters; `session.patient.search` adds the patient. The next page is fetched
   * while the caller processes the current one.
   */
  search<T = unknown, Name extends string = string>(
    resourceType: Name,
    parameters?: SearchParameters,
    options?: SearchOptions,
  ): Search<ResourceResult<T, Name>>;
  /** The history of a resource, of a type or, with `""`, of the server. Each page's `bundle` shows what was deleted. */
  history<T = Resource>(target: string, parameters?: SearchParameters, options?: SearchOptions): Search<T>;
  /** The server's capability statement. */
  capabilities(options?: RequestOptions): Promise<ResourceOf<"CapabilityStatement">>;
  /** Sends a Bundle of independent requests. */
  batch(bundle: ResourceInput, options?: RequestOptions): Promise<ResourceOf<"Bundle">>;
  /** Sends a Bundle of requests that all succeed or all fail. */
  transaction(bundle: ResourceInput, options?: RequestOptions): Promise<ResourceOf<"Bundle">>;
  /** Combines single requests into batches. */
  batcher(options?: BatcherOptions): Batcher;
  /** Finds candidates for a Patient (`Patient/$match`), in the server's order. None is chosen. */
  match(patient: ResourceInput, options?: MatchOptions): Promise<MatchCandidate[]>;
  /**
   * The app's own data on the server, with a code `system|code`, such as `https://app.example|preferences`. Nothing is sent yet. Throws
   * `invalid_app_state` for a code without a system, and for a subject that is not a resource of this FHIR server.
   */
  state(code: string, options?: StateOptions): AppState;
  /**
   * Searches for the tasks that ask a user to launch an app, with these further parameters. Returns those of all pages.
   *
   * ```js
   * const tasks = await session.launchTasks({ patient: session.patient.id, status: "requested" });
   * ```
   */
  launchTasks(parameters?: SearchParameters, options?: RequestOptions): Promise<LaunchTask[]>;
  /** Resolves references and reads each resource once. */
  resolver(options?: ResolverOptions): Resolver;
  /**
   * Loads the record of the patient in context, all kinds of data in parallel. If one fails or was not granted, its part reports it, and
   * the others are not affected.
   */
  loadRecord(options?: RecordOptions): Promise<RecordPart[]>;
  /**
   * Loads everything that the server has about the patient in context, with a part for each type: with `$everything` if the server supports
   * it, otherwise with a search for each supported type.
   */
  loadWholeRecord(options?: Abortable & { onProgress?: (progress: RecordProgress) => void }): Promise<RecordPart[]>;
  /** Makes this the page's current session, which a reload restores. Other tabs and frames keep theirs. */
  makeCurrent(): Promise<void>;
  /** Gets a new access token; with `scope`, one with fewer permissions. Concurrent calls share one request. */
  refresh(options?: { scope?: string }): Promise<void>;
  /**
   * Introspects the access token (RFC 7662). The token itself authorizes the request; with `asClient`, the client authenticates.
   */
  introspect(options?: Abortable & { asClient?: boolean }): Promise<Introspection>;
  /**
   * Fetches claims about the user (OpenID Connect Core section 5.3) and compares them with the ID token's subject.
   *
   * Rejects with `not_offered` if there was no ID token or the server has no such endpoint, and with `invalid_user_info` if the response is
   * about another user.
   */
  userInfo(options?: Abortable): Promise<UserInfo>;
  /** Deviations from the standard in the launch or a refresh that did not stop it. */
  findings(): Promise<Finding[]>;
  /**
   * Labels the connection of a kept session on this device, for example with the patient's name; without a label, removes it. It is stored as it
   * is, so that `app.connections()` has it before a connection is opened. Rejects with `key_missing` if the session is not kept.
   */
  labelConnection(label?: string): Promise<void>;
  /** Ends the session in all tabs that share it, and revokes its tokens if the server supports it. */
  signOut(): Promise<SignOut>;
  /** Adds a listener for an event; the event's `detail` has the type in `SessionEvents`. */
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
  /** Frees the object's WebAssembly memory: `using session = …`. The session itself is not affected. */
  [Symbol.dispose](): void;
}
