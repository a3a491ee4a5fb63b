/**
 * Stand-ins for the tests of apps: a session without a server, an app without a page, and a server without a network. They need no test runner,
 * and no WebAssembly except where the real package is tested with `scriptedServer`.
 *
 * @module smartrust/testing
 */

import type { SmartError, SmartErrorCode } from "./errors.js";
import type { Connection, Identity, LaunchContext, LaunchTask, NotKept, ScopeGrant, Session, SmartApp } from "./index.js";
import type { LaunchOptions } from "./config.js";
import type { MatchCandidate, Page } from "./fhir.js";
import type { ResourceInput } from "./resources.js";

export { SmartError, type SmartErrorCode } from "./errors.js";

/**
 * Creates an error as a session or an app rejects with. The codes that stand for an HTTP status, such as `forbidden`, have that status.
 *
 * ```js
 * import { smartError } from "smartrust/testing";
 * const refused = smartError("forbidden");
 * const broken = smartError("fhir_error", { status: 500 });
 * ```
 */
export function smartError(code: SmartErrorCode, details?: SmartErrorDetails): SmartError;

/** The members of an error for `smartError`. */
export interface SmartErrorDetails extends Partial<Omit<SmartError, "code" | "name" | "stack">> {}

/** Resources for a test: an array, or an object with an array for each resource type, which may be empty. */
export type TestResources = readonly ResourceInput[] | { [resourceType: string]: readonly ResourceInput[] };

/** A request of a fake session. */
export interface FakeRequest {
  /** The method of the session that sends the request. `batch` and `transaction` have the Bundle as `body`. */
  interaction:
    | "read"
    | "readBlob"
    | "search"
    | "history"
    | "create"
    | "update"
    | "patch"
    | "delete"
    | "operation"
    | "capabilities"
    | "batch"
    | "transaction"
    | "match"
    | "launchTasks";
  /** The HTTP method. */
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The URL relative to the FHIR base, with its parameters: `Observation?patient=1&category=laboratory`. */
  url: string;
  /** The resource type in the URL. */
  resourceType?: string;
  /** The id in the URL. */
  id?: string;
  /** The parameters. For a conditional change, those of its search. */
  parameters: URLSearchParams;
  /** The body. */
  body?: any;
}

/** What a test returns for a request: a resource, `null` for no resource, several resources or a page for a search, candidates, tasks, or a `Blob`. */
export type FakeResult = ResourceInput | null | readonly ResourceInput[] | Partial<Page> | readonly MatchCandidate[] | readonly LaunchTask[] | Blob;

/**
 * Answers requests of a fake session. `undefined` leaves the request to the next function and then to the resources. A rejection, such as
 * with `smartError("network")`, is passed on to the caller.
 */
export type Respond = (request: FakeRequest) => FakeResult | undefined | Promise<FakeResult | undefined>;

/** Options for a fake session. Each may be left out. */
export interface FakeSessionOptions {
  /** The patient in context: an id or the Patient, which is then one of the `resources`. */
  patient?: string | ResourceInput;
  /** The encounter in context: an id or the Encounter. */
  encounter?: string | ResourceInput;
  /** The user: a reference such as `Practitioner/7`, or the resource. Then the session also has an `identity`. */
  fhirUser?: string | ResourceInput;
  /** The resources that reads and searches return. */
  resources?: TestResources;
  /** Answers requests before the resources do. */
  respond?: Respond;
  /** The granted scopes, or members of `session.scopes`. The default is `patient/*.rs`. They limit `mayRead`, records, and `checkScopes`. */
  scopes?: string | readonly string[] | Partial<ScopeGrant>;
  /** Other members of the launch context. */
  context?: LaunchContext;
  /** The session's id; the default is `fake-session`. */
  id?: string;
  /** The configured name of the server. */
  server?: string;
  /** Who the user is. */
  identity?: Identity;
  /** The server's page where the user manages what was shared. */
  managementEndpoint?: string;
  /** When the access token expires. Nothing happens at that time: call `end`. */
  expiresAt?: Date;
  /** Whether the session can be refreshed; the default is `true`. */
  canRefresh?: boolean;
  /** Whether the store holds the session; the default is `true`. */
  stored?: boolean;
  /** Whether this browser stays connected after the session; the default is `false`. */
  kept?: boolean;
  /** Why the session is not kept. */
  notKept?: NotKept;
  /** The value that the app passed to the launch. */
  appState?: unknown;
  /** The FHIR base; the default is `https://ehr.test/fhir`. */
  fhirBase?: string;
}

/** A session for tests, which can be used where the app expects a `Session`. */
export interface FakeSession extends Session {
  /** The requests so far, in order. */
  readonly requests: FakeRequest[];
  /** Adds a function that answers requests before the others do. Returns the session. */
  use(respond: Respond): this;
  /**
   * Ends the session: `active` is `false`, the event `signedout` has this error, and every request rejects with it. The default is
   * `session_expired`.
   */
  end(error?: SmartError): void;
}

/**
 * Creates a session for a test of a component. It needs no server, no network and no WebAssembly.
 *
 * - A read returns the resource with the type and id in `resources`, and a search returns all resources of the type, on one page. **The
 *   search parameters are not evaluated**: a test checks them in `requests`, or answers in `respond`.
 * - `create` and `update` return the resource, and `delete` nothing. **Nothing is stored**: later reads return the same as before.
 * - Every other request must be answered in `respond`. Otherwise it rejects with `unscripted_request`, and the message names the request.
 * - `state` stores app states in memory, and `launchTasks` returns no tasks. `respond` can return results for both; app states are requests
 *   for `Basic`.
 * - `resolver`, `batcher`, `loadRecord` and `loadWholeRecord` read and search with this session.
 * - There is no token: nothing expires or is refreshed. `refresh()` only fires its event. There are no retries.
 *
 * If the behaviour of a server matters, use the real package with `scriptedServer`, or the sandbox EHR.
 *
 * ```js
 * import { fakeSession } from "smartrust/testing";
 * const session = fakeSession({
 *   patient: { resourceType: "Patient", id: "1", name: [{ family: "Sample" }] },
 *   resources: { Observation: [{ resourceType: "Observation", id: "2", status: "final", code: { text: "Glucose" } }], Condition: [] },
 * });
 * const labs = await session.patient?.search("Observation", { category: "laboratory" }).toArray();
 * console.log(labs?.length, session.requests[0]?.url); // 1 "Observation?patient=1&category=laboratory"
 * ```
 *
 * Throws `invalid_configuration` if an option or a resource is not usable.
 */
export function fakeSession(options?: FakeSessionOptions): FakeSession;

/** Options for a fake app. */
export interface FakeAppOptions {
  /** The session that `resume()` and the others return. Without one, or when it has ended, `resume()` returns `null`. */
  session?: Session | null;
  /** The connections on the device, each with the members that the test needs. To open one returns the `session`. */
  connections?: readonly FakeConnectionOptions[];
  /** Errors with which methods reject. */
  errors?: { [Method in FakeAppCall[0]]?: Error };
}

/** The members of a fake connection. Each may be left out. */
export interface FakeConnectionOptions extends Partial<Omit<Connection, "open" | "disconnect" | typeof Symbol.dispose>> {}

/** A call of a method of a fake app, or of one of its connections (`open`, `disconnect`): its name and its arguments. */
export type FakeAppCall = [
  (
    | "resume"
    | "launch"
    | "launchInPopup"
    | "launchAgain"
    | "sessions"
    | "connections"
    | "open"
    | "disconnect"
    | "sessionFromToken"
    | "authorizationUrl"
  ),
  ...arguments: unknown[],
];

/** An app for tests, which can be used where a component expects a `SmartApp`. */
export interface FakeApp extends SmartApp {
  /** The calls so far, in order. */
  readonly calls: FakeAppCall[];
}

/**
 * Creates an app for a test of a component. `launch()` and `launchAgain()` navigate nowhere and resolve with `null`.
 *
 * ```js
 * import { fakeApp, fakeSession, smartError } from "smartrust/testing";
 * const connected = fakeApp({ session: fakeSession({ patient: "1" }) });
 * const refused = fakeApp({ errors: { resume: smartError("access_denied") } });
 * ```
 */
export function fakeApp(options?: FakeAppOptions): FakeApp;

/** A request that a scripted server received. The access token is left out. */
export interface ServerRequest {
  method: string;
  /** The absolute URL. */
  url: string;
  /** The headers with names in lower case, without `authorization`. */
  headers: Record<string, string>;
  /** The parameters of the form in the body, otherwise of the URL. */
  parameters: URLSearchParams;
  /** The body as text. */
  body?: string;
}

/** A response of a scripted server. */
export interface ServerReply {
  /** The status; the default is 200. */
  status?: number;
  headers?: Record<string, string>;
  /** The body: a string, or an object that is sent as JSON. */
  body?: string | object;
  /** The request fails without a response, as without a connection. The client retries it after a delay, unless the call has `retry: false`. */
  offline?: boolean;
}

/** What a test gives as a response: a resource, an array of resources for a search, or the response with its status. */
export type Scripted = ServerReply | ResourceInput | readonly ResourceInput[];

/** Options for a scripted server. Each may be left out. */
export interface ScriptedServerOptions {
  /** The FHIR base; the default is `https://ehr.test/fhir`. The other endpoints are at its origin. */
  fhirBase?: string;
  /** The client id that is registered. By default, every client is. */
  clientId?: string;
  /** The redirect URI that is registered. By default, every one is. */
  redirectUri?: string;
  /** The id of the patient in context. */
  patient?: string;
  /** The id of the encounter in context. */
  encounter?: string;
  /** The user as a reference, such as `Practitioner/7`, for the ID token. */
  fhirUser?: string;
  /** Other members of the token response. */
  context?: LaunchContext;
  /** The granted scopes. By default, they are those that were requested. */
  scope?: string;
  /** The lifetime of an access token in seconds; the default is 3600. */
  expiresIn?: number;
  /** The resources that the server returns. */
  resources?: TestResources;
}

/** A SMART server in the test's own process. */
export interface ScriptedServer {
  /** The FHIR base, for the app's configuration. */
  readonly fhirBase: string;
  /** Replaces the global function: `globalThis.fetch = server.fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** The requests so far, in order. */
  readonly requests: ServerRequest[];
  /**
   * Sets the response to a method and a path relative to the FHIR base, such as `Observation`; a path that starts with `/` is relative to the
   * origin, such as `/token`. A path without a query is that of all queries. The newest reply counts, `times` limits how often. A function
   * that returns `undefined` leaves the request to the server. Returns the server.
   */
  reply(
    method: string,
    path: string,
    reply: Scripted | ((request: ServerRequest) => Scripted | undefined | Promise<Scripted | undefined>),
    options?: { times?: number },
  ): this;
  /**
   * Does what the user's browser does with an authorization request, and returns the redirect to the app. With `deny`, the user refuses.
   *
   * Throws `authorization_failed` if the request is not valid: `client_id`, `redirect_uri`, `aud`, `state`, PKCE (S256).
   */
  authorize(url: string, options?: { deny?: boolean }): string;
  /** The EHR's launch link for an app; by default for the URL of the test's page. */
  launchLink(page?: string): string;
  /**
   * Launches an app: `authorizationUrl()`, the user's consent, and `resume()` on the redirect page. With `ehr`, the EHR's launch link is
   * opened first. The redirect URI must be at the origin of the test's page, if it has one.
   */
  launch(app: SmartApp, options?: LaunchOptions & { ehr?: boolean }): Promise<Session>;
  /** Makes all access tokens invalid, so that the next request is answered with 401. Refresh tokens stay valid. */
  invalidateAccessTokens(): void;
  /** Throws the first error of an unscripted request or a wrong reply since the last call. Call it after each test. */
  verify(): void;
}

/**
 * Creates a SMART server for tests of the real package, from the launch to FHIR requests, without a network and without timers.
 *
 * It has a SMART configuration, authorization with PKCE, tokens with refresh and revocation, signed ID tokens, and keys. It returns the
 * `resources` to requests with a valid access token: by id, or for a search **all of the type, whatever the parameters**. Everything
 * else must be scripted with `reply`. An unscripted request is answered with 501, reported on the console, and makes `verify()` throw
 * `unscripted_request`.
 *
 * It does not evaluate searches, store changes, check scopes or client secrets, and let tokens expire. The sandbox EHR does.
 *
 * ```js
 * import { SmartApp } from "smartrust";
 * import { scriptedServer } from "smartrust/testing";
 * const server = scriptedServer({ patient: "1", resources: [{ resourceType: "Patient", id: "1" }] });
 * globalThis.fetch = server.fetch;
 * const app = new SmartApp({ clientId: "my-app", scope: "launch/patient patient/*.rs", trustedIssuers: [server.fhirBase] });
 * const session = await server.launch(app);
 * const patient = await session.patient?.read();
 * server.verify();
 * ```
 */
export function scriptedServer(options?: ScriptedServerOptions): ScriptedServer;
