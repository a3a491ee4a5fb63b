/**
 * fhirclient's public API (version 2), implemented by this package: to migrate an app, change its import. For intentional differences and
 * the migration to the native API, see docs/migrate-from-fhirclient.md. `smartrust/fhirclient/inline` and
 * `smartrust/fhirclient.min.js` export the same.
 *
 * @module smartrust/fhirclient
 */

import type { SmartError } from "./errors.js";
import type { Session } from "./index.js";
import type { Resource, ResourceInput, ResourceOf } from "./resources.js";

export { SmartError, type SmartErrorCode } from "./errors.js";

/** A FHIR Bundle, as the server sent it. */
export type Bundle = ResourceOf<"Bundle">;

/**
 * Launch parameters: those of fhirclient, and some members of the native configuration. Unsupported values reject with
 * `unsupported_option`.
 */
export interface AuthorizeParams {
  /** The client id that the app is registered with. */
  clientId?: string;
  /** The old name of `clientId`. */
  client_id?: string;
  /** The scopes, separated by spaces. `launch` is added in an EHR launch and removed in a standalone launch. */
  scope?: string;
  /** The FHIR base for a launch if the page's URL has no `iss`. An EHR launch may come from it, too. */
  iss?: string;
  /** Additional FHIR bases that an EHR launch may come from. Others reject with `untrusted_issuer`. */
  trustedIssuers?: string[];
  /**
   * The issuers of this configuration: a URL, a function that returns `true`, or a regular expression that matches the whole
   * URL.
   */
  issMatch?: string | RegExp | ((iss: string) => boolean);
  /** The redirect URI, absolute or relative to the page; the default is the page's folder. */
  redirectUri?: string;
  /** The old name of `redirectUri`. */
  redirect_uri?: string;
  /** Resolves with the authorization URL instead of navigating. */
  noRedirect?: boolean;
  /** The FHIR base of an open server: the redirect page is opened at once. It takes precedence over `iss`. */
  fhirServiceUrl?: string;
  /** The patient in context, for an open server. */
  patientId?: string;
  /** The encounter in context, for an open server. */
  encounterId?: string;
  /** A token response with the launch context, for an open server. Tokens are refused. */
  fakeTokenResponse?: TokenResponse;
  /** A client secret. It is not stored between pages: pass it to `ready()` too. Everybody can read it in a browser. */
  clientSecret?: string;
  /** A private JWK with the `alg` ES384 or RS384. It is not stored between pages: pass it to `ready()` too. */
  clientPrivateJwk?: JsonWebKey & { alg?: string; kid?: string };
  /** The URL of the client's JWK Set, for servers that read it from the assertion. */
  clientPublicKeySetUrl?: string;
  /** When a PKCE challenge is sent: always (`ifSupported`, `unsafeV1`), only if the server advertises support (`required`), or never (`disabled`). */
  pkceMode?: "ifSupported" | "required" | "disabled" | "unsafeV1";
  /** `popup` and `_blank` launch in a popup; the page then navigates to the redirect URI. Call it in a click handler. */
  target?: "_self" | "_top" | "_parent" | "_blank" | "popup";
  /** `false` is refused in a frame or popup, and `true` for a popup: the launch is completed by the page that started it. */
  completeInTarget?: boolean;
  /** Ignored: the popup has its own size. */
  width?: number;
  /** Ignored: the popup has its own size. */
  height?: number;
  /** The base of `.well-known`, if it is not the FHIR base. */
  discoveryBase?: string;
  /** The `aud` parameter; the default is the issuer. */
  aud?: string;
  /** How the client authenticates (RFC 7591 section 2). */
  tokenEndpointAuthMethod?: "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  /** The encoding of the Basic header: form-encoded first (`form`, the default), or `raw`, as in fhirclient. */
  basicEncoding?: "form" | "raw";
  /** The URL of a token proxy on the app's own origin, which adds the client secret to token requests. */
  tokenProxy?: string;
  /** Additional audiences of an ID token that are trusted. */
  trustedAudiences?: string[];
  /** Accepts an ID token without the nonce that was sent. */
  allowMissingNonce?: boolean;
  /** Allows http to other hosts. Everybody on the network path can then read the requests. */
  allowInsecureHttp?: boolean;
}

/** Options of `ready()` on the redirect page. */
export interface ReadyOptions {
  /** The client secret, if the launch had one. */
  clientSecret?: string;
  /** The private key, if the launch or the client has one: a JWK, or a `CryptoKey` with its key id. */
  privateKey?: (JsonWebKey & { alg?: string; kid?: string }) | { key: CryptoKey; alg: "RS384" | "ES384"; kid: string };
  /** The URL of the client's JWK Set, for servers that read it from the assertion. */
  clientPublicKeySetUrl?: string;
}

/** The launch context without tokens: reading `access_token`, `refresh_token` or `id_token` throws `unsupported_option`. */
export interface TokenResponse {
  /** The id of the patient in context. */
  patient?: string;
  /** The id of the encounter in context. */
  encounter?: string;
  /** Whether the app must show the patient's identity. */
  need_patient_banner?: boolean;
  /** The purpose of the launch. */
  intent?: string;
  /** The organization of the launch. */
  tenant?: string;
  /** The URL of the EHR's style: colours and sizes. */
  smart_style_url?: string;
  /** The granted scopes, separated by spaces. */
  scope?: string;
  [member: string]: any;
}

/** A client's state: its server and launch. */
export interface ClientState {
  /** The FHIR base. */
  serverUrl: string;
  /** The key of the session. */
  key?: string;
  /** The client id, in a custom state. */
  clientId?: string;
  /** The requested scopes. */
  scope?: string;
  /** When the access token expires, in seconds since 1970. */
  expiresAt?: number;
  /** The launch context. */
  tokenResponse?: TokenResponse;
}

/** Options for a request. Other options of `fetch` reject with `unsupported_option`. */
export interface FetchOptions {
  /** Additional headers, for all pages. `Authorization` is set by the client. */
  headers?: HeadersInit;
  /** Aborts the request and all that follow from it; the call rejects with the code `aborted`. */
  signal?: AbortSignal | null;
  /** Resolves with the `Response` as well as the body. */
  includeResponse?: boolean;
}

/** A request. */
export interface RequestOptions extends FetchOptions {
  /** The URL, absolute or relative to the FHIR base. A URL outside the FHIR base rejects with `foreign_url`. */
  url: string | URL;
  /** The HTTP method; the default is GET. */
  method?: string;
  /** A resource or a patch, as a JSON string or an object; for a search with POST, its form. */
  body?: string | object | null;
}

/** Options for processing the response. */
export interface FhirOptions {
  /** The number of pages to fetch: the default is 1; 0 means all. If it is not 1, the result is an array. */
  pageLimit?: number;
  /** Is called with each page and awaited before the next request. The call then resolves with `null`. */
  onPage?: (data: any, references?: Record<string, any>) => unknown;
  /** Returns the resources of the Bundles instead of the Bundles. */
  flat?: boolean;
  /** With `false`, the result is `{ data, references }`; otherwise references are replaced by the resources. */
  graph?: boolean;
  /** Paths of references to resolve, such as `subject`, `participant..individual` or `encounter.serviceProvider`. */
  resolveReferences?: string | string[];
  /** The session always refreshes automatically: `false` is refused. */
  useRefreshToken?: true;
  /** The same as the request's `signal`. */
  signal?: AbortSignal;
}

/** A body and its `Response`, which has the status, `ETag`, `Location` and `Last-Modified`. */
export interface CombinedFetchResult<T = any> {
  /** The body, if any. */
  body?: T;
  /** The response without its body. */
  response: Response;
}

type Fetched<T, O> = O extends { includeResponse: true } ? CombinedFetchResult<T> : T;

/** A value and its UCUM unit. */
export interface CodeValue {
  /** The unit, such as `cm` or `[lb_av]`. */
  code: string;
  /** The value. */
  value: number;
}

type Observation = ResourceOf<"Observation">;

/** Options of `pages()` and `resources()`. */
export interface CrawlOptions extends FetchOptions {
  /** Ends after this number of pages or resources. */
  limit?: number;
}

/**
 * A client of one FHIR server. If it is created with a FHIR base, it sends no token. Every call rejects with a `SmartError`, which also has
 * fhirclient's `statusCode`; an aborted request rejects with an error of the name `AbortError`.
 */
export class FhirClient {
  constructor(fhirBaseUrl: string);
  /** The FHIR base. */
  readonly fhirBaseUrl: string;
  /** Sends a request. */
  fhirRequest<T = any, O extends Omit<RequestOptions, "url"> = {}>(url: string | URL, options?: O): Promise<Fetched<T, O>>;
  /** Sends a request, and fetches its pages and references. */
  request<T = any>(request: string | URL | RequestOptions, options?: FhirOptions): Promise<T>;
  /** Creates a resource. */
  create<T = Resource, O extends FetchOptions = {}>(resource: ResourceInput, options?: O): Promise<Fetched<T, O>>;
  /** Updates the resource with the type and id of this one. */
  update<T = Resource, O extends FetchOptions = {}>(resource: ResourceInput, options?: O): Promise<Fetched<T, O>>;
  /** Patches a resource with a JSON Patch (RFC 6902). */
  patch<T = Resource, O extends FetchOptions = {}>(url: string, patch: object[], options?: O): Promise<Fetched<T, O>>;
  /** Deletes a resource. */
  delete<T = unknown, O extends FetchOptions = {}>(url: string, options?: O): Promise<Fetched<T, O>>;
  /** Returns a Bundle, or the one at a URL, and its next pages. */
  pages(bundleOrUrl: Bundle | string | URL, options?: CrawlOptions): AsyncGenerator<Bundle, void, undefined>;
  /** Returns the resources of a Bundle and its next pages. */
  resources(bundleOrUrl: Bundle | string | URL, options?: CrawlOptions): AsyncGenerator<Resource, void, undefined>;
  /** Replaces the references at some paths with the resources. */
  resolveReferences(resource: object, references: string | string[], options?: FetchOptions): Promise<void>;
  /** Returns the resources that the references at some paths name, by reference. */
  getReferences(resource: object, references: string | string[], options?: FetchOptions): Promise<Record<string, Resource>>;
  /** The FHIR version, such as `4.0.1`. */
  getFhirVersion(): Promise<string>;
  /** The FHIR release: 2 for DSTU2, 3, 4 for R4 and R4B, 5; 0 if unknown. */
  getFhirRelease(): Promise<number>;
}

/** fhirclient's Client. It is returned by `ready()` and `init()`, or by `FHIR.client()` with a custom state. */
export class Client extends FhirClient {
  private constructor();
  /** The native session, for a step-by-step migration; `undefined` for a client with a custom state. */
  readonly session: Session | undefined;
  /** The client's current state. */
  readonly state: ClientState;
  /** The patient in context. Without one, its methods reject with `no_patient`. */
  readonly patient: {
    readonly id: string | null;
    read<T = ResourceOf<"Patient">, O extends FetchOptions = {}>(options?: O): Promise<Fetched<T, O>>;
    /** Sends a search that is limited to the patient. */
    request<T = any>(request: string | URL | RequestOptions, options?: FhirOptions): Promise<T>;
  };
  /** The encounter in context. Without one, `read()` rejects with `no_encounter`. */
  readonly encounter: {
    readonly id: string | null;
    read<T = ResourceOf<"Encounter">, O extends FetchOptions = {}>(options?: O): Promise<Fetched<T, O>>;
  };
  /** The user. If unknown, `read()` rejects with `no_user`. */
  readonly user: {
    readonly id: string | null;
    /** The user's resource, such as `Practitioner/7`. */
    readonly fhirUser: string | null;
    readonly resourceType: string | null;
    read<T = Resource, O extends FetchOptions = {}>(options?: O): Promise<Fetched<T, O>>;
  };
  /** Converts quantities. Throws `invalid_quantity` if a value or unit cannot be converted. */
  readonly units: {
    /** A length in centimetres. */
    cm(quantity: CodeValue): number;
    /** A weight in kilograms. */
    kg(quantity: CodeValue): number;
    /** The value without conversion. */
    any(quantity: CodeValue): number;
  };
  /** The id of the patient in context. */
  getPatientId(): string | null;
  /** The id of the encounter in context. */
  getEncounterId(): string | null;
  /** The user's resource, such as `Practitioner/7`. */
  getFhirUser(): string | null;
  /** The id of the user's resource. */
  getUserId(): string | null;
  /** The type of the user's resource. */
  getUserType(): string | null;
  /** The checked claims of the ID token. */
  getIdToken(): Record<string, any> | null;
  /** The state, or the value at a dot-separated path in it. */
  getState(path?: string): any;
  /** `null` for an open server. For a session it throws `unsupported_option`: its token is not accessible. */
  getAuthorizationHeader(): null;
  /**
   * Gets a new access token. Without a refresh token it rejects with `refresh_unavailable`. The session only ends if the server refuses the
   * refresh token.
   */
  refresh(): Promise<ClientState>;
  /** Gets a new access token if the current one expires within ten seconds. */
  refreshIfNeeded(): Promise<ClientState>;
  /** Groups observations by the codes in one of their CodeableConcepts, such as `code` or `category`. */
  byCode(observations: Observation | Observation[], property: string): Record<string, Observation[]>;
  /** Returns a function that returns the observations with some codes. */
  byCodes(observations: Observation | Observation[], property: string): (...codes: string[]) => Observation[];
  /** The value at a dot-separated path; `..` visits all items of an array. */
  getPath(whole: object, path?: string): any;
}

/** fhirclient's settings. Setting an unsupported value throws `unsupported_option`. */
export interface Settings {
  /** The code is always removed from the page's URL. */
  replaceBrowserHistory: boolean;
  /** Sessions are always stored per tab. */
  fullSessionStorageSupport: boolean;
  /** A public client always sends its client id. */
  refreshTokenWithClientId: boolean;
  /** Token requests never send cookies to other sites. */
  refreshTokenWithCredentials: "same-origin" | "omit";
}

/** Launches and their results. */
export interface OAuth2 {
  /** fhirclient's settings. Their values are fixed. */
  readonly settings: Settings;
  /**
   * Navigates to the authorization server and resolves with `undefined`; with `noRedirect`, it resolves with the URL instead. If there are
   * several configurations, the first one that trusts the issuer in the page's URL is used.
   *
   * Rejects with `untrusted_issuer` if no configuration trusts the issuer, with `unsupported_option` and `invalid_configuration` for
   * unsupported or invalid parameters, otherwise like `SmartApp.launch()`.
   */
  authorize(parameters: AuthorizeParams | AuthorizeParams[]): Promise<string | undefined>;
  /**
   * Returns the client, on the redirect page and after each reload. Rejects with `no_launch` if there is no launch to complete, otherwise
   * like `SmartApp.resume()`, for example with `access_denied`.
   */
  ready(options?: ReadyOptions): Promise<Client>;
  /** The same with callbacks, as in the first version of fhirclient. */
  ready<T>(onReady: (client: Client) => T, onError?: (error: SmartError) => T): Promise<T>;
  /** Returns the client, or launches if there is none yet. For apps whose page is also their redirect URI. */
  init(parameters: AuthorizeParams | AuthorizeParams[], options?: ReadyOptions): Promise<Client>;
}

/** Launches and their results: `FHIR.oauth2`. */
export const oauth2: OAuth2;

/**
 * Creates a client of an open server, by its FHIR base or a custom state. With `tokenResponse: { access_token }`, it sends that token to
 * `serverUrl` only and keeps it in memory: for scripts and tests. The token is never refreshed.
 *
 * ```js
 * const client = FHIR.client({ serverUrl: "https://ehr.example/fhir", tokenResponse: { access_token, patient: "1" } });
 * const patient = await client.patient.read();
 * ```
 */
export function client(stateOrUrl: string | ClientState): Client;

/** The platform's `AbortController`. */
export const AbortController: typeof globalThis.AbortController;

/** The whole API as one object, as in fhirclient. */
declare const FHIR: {
  /** The platform's `AbortController`. */
  readonly AbortController: typeof globalThis.AbortController;
  /** Creates a client of an open server. */
  readonly client: typeof client;
  /** A client of one FHIR server. */
  readonly FhirClient: typeof FhirClient;
  /** Launches and their results. */
  readonly oauth2: OAuth2;
};

export default FHIR;
