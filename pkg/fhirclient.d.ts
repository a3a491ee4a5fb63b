/**
 * fhirclient's public API (version 2) on top of this package: an app that was written for it changes its import. What is different on
 * purpose, and how to go on to the native face, is told in docs/migrate-from-fhirclient.md. `smartrust/fhirclient/inline` and
 * `smartrust/fhirclient.min.js` have the same.
 *
 * @module smartrust/fhirclient
 */

import type { SmartError } from "./errors.js";
import type { Session } from "./index.js";
import type { Resource, ResourceOf, Sendable } from "./resources.js";

export { SmartError } from "./errors.js";

/** A FHIR Bundle, as the server sent it. */
export type Bundle = ResourceOf<"Bundle">;

/**
 * How an app launches. Besides what fhirclient takes, members of the native configuration that a server may need. What cannot be
 * followed rejects with `unsupported_option`.
 */
export interface AuthorizeParams {
  /** The client id that the server knows the app by. */
  clientId?: string;
  /** The older name of `clientId`. */
  client_id?: string;
  /** The scopes, separated by spaces. `launch` is added for an EHR launch and left out of a standalone one. */
  scope?: string;
  /** The FHIR base to launch at, where the page's address names no issuer. An EHR launch may come from it, too. */
  iss?: string;
  /** The FHIR bases that an EHR launch may come from besides `iss`. One that is not known here rejects with `untrusted_issuer`. */
  trustedIssuers?: string[];
  /**
   * Which issuers this configuration is for: an address, a function that returns `true`, or a pattern, which must match the whole
   * address.
   */
  issMatch?: string | RegExp | ((iss: string) => boolean);
  /** Where the server sends the user back to, absolute or relative to the page; by default the page's folder. */
  redirectUri?: string;
  /** The older name of `redirectUri`. */
  redirect_uri?: string;
  /** Resolves with the address of the authorization server, and stays on the page. */
  noRedirect?: boolean;
  /** The FHIR base of a server that asks for no token: the page of the redirect is opened right away. `iss` goes before it. */
  fhirServiceUrl?: string;
  /** The patient in context, for an open server. */
  patientId?: string;
  /** The encounter in context, for an open server. */
  encounterId?: string;
  /** What a token response would say of the context, for an open server. Tokens are refused. */
  fakeTokenResponse?: TokenResponse;
  /** A shared secret. It is not kept from page to page: give it to `ready()` too. Everybody can read it in a browser. */
  clientSecret?: string;
  /** A private JWK with the `alg` ES384 or RS384. It is not kept from page to page: give it to `ready()` too. */
  clientPrivateJwk?: JsonWebKey & { alg?: string; kid?: string };
  /** Where the client's public keys are, for servers that read it from the assertion. */
  clientPublicKeySetUrl?: string;
  /** When a PKCE challenge is sent: always (`ifSupported`, `unsafeV1`), only to a server that advertises it (`required`), never. */
  pkceMode?: "ifSupported" | "required" | "disabled" | "unsafeV1";
  /** `popup` and `_blank` launch in a window of its own; the page then goes to the redirect URI. Call it in the user's click. */
  target?: "_self" | "_top" | "_parent" | "_blank" | "popup";
  /** `false` is refused in a frame or popup, `true` for a popup: the launch ends where it began. */
  completeInTarget?: boolean;
  /** Taken without effect: the window has a size of its own. */
  width?: number;
  /** Taken without effect: the window has a size of its own. */
  height?: number;
  /** Where `.well-known` lies, if not under the FHIR base. */
  discoveryBase?: string;
  /** The `aud` parameter; by default the issuer. */
  aud?: string;
  /** How the client authenticates (RFC 7591 section 2). */
  tokenEndpointAuthMethod?: "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  /** How a Basic header is written: form-encoded first (`form`, the default), or `raw`, as fhirclient does. */
  basicEncoding?: "form" | "raw";
  /** An address of the app's own origin that adds the client's secret to token requests. */
  tokenProxy?: string;
  /** Audiences of an ID token that are trusted besides the client. */
  trustedAudiences?: string[];
  /** Takes an ID token without the nonce that was sent. */
  allowMissingNonce?: boolean;
  /** Allows plain http to other machines. Everybody on the way can then read along. */
  allowInsecureHttp?: boolean;
}

/** What the page of the redirect gives of its own. */
export interface ReadyOptions {
  /** The shared secret, where the launch was given one. */
  clientSecret?: string;
  /** The private key, where the launch was given one or the client has one: a JWK, or a key with its name. */
  privateKey?: (JsonWebKey & { alg?: string; kid?: string }) | { key: CryptoKey; alg: "RS384" | "ES384"; kid: string };
  /** Where the client's public keys are, for servers that read it from the assertion. */
  clientPublicKeySetUrl?: string;
}

/** The launch context. The tokens are not in it: reading `access_token`, `refresh_token` or `id_token` throws `unsupported_option`. */
export interface TokenResponse {
  /** The id of the patient in context. */
  patient?: string;
  /** The id of the encounter in context. */
  encounter?: string;
  /** Whether the app must show whose record it is. */
  need_patient_banner?: boolean;
  /** What the user wants to do. */
  intent?: string;
  /** The organization that the launch belongs to. */
  tenant?: string;
  /** Where the EHR's colours and sizes are. */
  smart_style_url?: string;
  /** The granted scopes, separated by spaces. */
  scope?: string;
  [member: string]: any;
}

/** What a client knows of its server and launch. */
export interface ClientState {
  /** The FHIR base. */
  serverUrl: string;
  /** What tells the session from others. */
  key?: string;
  /** The client id, for a state of the app's own. */
  clientId?: string;
  /** The scopes that were asked for. */
  scope?: string;
  /** When the access token runs out, in seconds since 1970. */
  expiresAt?: number;
  /** The launch context. */
  tokenResponse?: TokenResponse;
}

/** What a request takes besides its address. What `fetch` takes else rejects with `unsupported_option`. */
export interface FetchOptions {
  /** Headers to add; they stay through all pages. `Authorization` is the client's own. */
  headers?: HeadersInit;
  /** Calls the request off, and every one that follows from it; it rejects with the code `aborted`. */
  signal?: AbortSignal | null;
  /** Resolves with the answer's `Response` beside its body. */
  includeResponse?: boolean;
}

/** A request. */
export interface RequestOptions extends FetchOptions {
  /** The address, absolute or relative to the FHIR base. One outside of it rejects with `foreign_url`. */
  url: string | URL;
  /** By default GET. */
  method?: string;
  /** A resource or a patch, as JSON or as the object itself; for a search by POST its form. */
  body?: string | object | null;
}

/** What becomes of the answer. */
export interface FhirOptions {
  /** How many pages of a Bundle to fetch: by default 1, with 0 all of them. More than one come as an array. */
  pageLimit?: number;
  /** Is given each page, and awaited before the next is fetched; the request then resolves with `null`. */
  onPage?: (data: any, references?: Record<string, any>) => unknown;
  /** Gives the resources of Bundles in place of the Bundles. */
  flat?: boolean;
  /** With `false`, what references name comes beside the answer, `{ data, references }`, and not in their place. */
  graph?: boolean;
  /** Paths of references to resolve, such as `subject`, `participant..individual` or `encounter.serviceProvider`. */
  resolveReferences?: string | string[];
  /** The session refreshes by itself: `false` is refused. */
  useRefreshToken?: true;
  /** As the request's own. */
  signal?: AbortSignal;
}

/** A body with its `Response`, which tells the status, `ETag`, `Location` and `Last-Modified`. */
export interface CombinedFetchResult<T = any> {
  /** The body, if any. */
  body?: T;
  /** The answer without its body. */
  response: Response;
}

type Fetched<T, O> = O extends { includeResponse: true } ? CombinedFetchResult<T> : T;

/** A value and its unit, by UCUM. */
export interface CodeValue {
  /** The unit, such as `cm` or `[lb_av]`. */
  code: string;
  /** The number of units. */
  value: number;
}

type Observation = ResourceOf<"Observation">;

/** How `pages()` and `resources()` ask. */
export interface CrawlOptions extends FetchOptions {
  /** Ends after so many pages or resources. */
  limit?: number;
}

/**
 * A client of one FHIR server. Made by its FHIR base, it sends no token. Everything rejects with a `SmartError`, which also has
 * fhirclient's `statusCode`; that of a request which was called off has the name `AbortError`.
 */
export class FhirClient {
  constructor(fhirBaseUrl: string);
  /** The FHIR base. */
  readonly fhirBaseUrl: string;
  /** Sends a request. */
  fhirRequest<T = any, O extends Omit<RequestOptions, "url"> = {}>(address: string | URL, options?: O): Promise<Fetched<T, O>>;
  /** Sends a request, and follows its pages and references. */
  request<T = any>(request: string | URL | RequestOptions, options?: FhirOptions): Promise<T>;
  /** Makes a resource. */
  create<T = Resource, O extends FetchOptions = {}>(resource: Sendable, options?: O): Promise<Fetched<T, O>>;
  /** Replaces a resource, by the type and id that it names. */
  update<T = Resource, O extends FetchOptions = {}>(resource: Sendable, options?: O): Promise<Fetched<T, O>>;
  /** Changes a resource by a JSON Patch (RFC 6902). */
  patch<T = Resource, O extends FetchOptions = {}>(address: string, patch: object[], options?: O): Promise<Fetched<T, O>>;
  /** Removes a resource. */
  delete<T = unknown, O extends FetchOptions = {}>(address: string, options?: O): Promise<Fetched<T, O>>;
  /** The pages of a Bundle, from the one that is given or asked for on. */
  pages(bundleOrAddress: Bundle | string | URL, options?: CrawlOptions): AsyncGenerator<Bundle, void, undefined>;
  /** The resources of a Bundle and of the pages that follow it. */
  resources(bundleOrAddress: Bundle | string | URL, options?: CrawlOptions): AsyncGenerator<Resource, void, undefined>;
  /** Puts what the references at some paths name in their place. */
  resolveReferences(resource: object, references: string | string[], options?: FetchOptions): Promise<void>;
  /** What the references at some paths name, by reference. */
  getReferences(resource: object, references: string | string[], options?: FetchOptions): Promise<Record<string, Resource>>;
  /** The FHIR version, such as `4.0.1`. */
  getFhirVersion(): Promise<string>;
  /** The FHIR release: 2 for DSTU2, 3, 4 for R4 and R4B, 5; 0 where the server does not say. */
  getFhirRelease(): Promise<number>;
}

/** fhirclient's Client. One comes from `ready()` and `init()`, or by `FHIR.client()` with a state of the app's own. */
export class Client extends FhirClient {
  private constructor();
  /** The native session, for an app that goes over to it part by part; `undefined` for a client of a state of the app's own. */
  readonly session: Session | undefined;
  /** What the client knows, as it is now. */
  readonly state: ClientState;
  /** The patient in context. Without one, what asks for it rejects with `no_patient`. */
  readonly patient: {
    readonly id: string | null;
    read<T = ResourceOf<"Patient">, O extends FetchOptions = {}>(options?: O): Promise<Fetched<T, O>>;
    /** Sends a request of a search in a type, narrowed to the patient. */
    request<T = any>(request: string | URL | RequestOptions, options?: FhirOptions): Promise<T>;
  };
  /** The encounter in context. Without one, `read()` rejects with `no_encounter`. */
  readonly encounter: {
    readonly id: string | null;
    read<T = ResourceOf<"Encounter">, O extends FetchOptions = {}>(options?: O): Promise<Fetched<T, O>>;
  };
  /** The user. Where it is not known who that is, `read()` rejects with `no_user`. */
  readonly user: {
    readonly id: string | null;
    /** The user's own resource, such as `Practitioner/7`. */
    readonly fhirUser: string | null;
    readonly resourceType: string | null;
    read<T = Resource, O extends FetchOptions = {}>(options?: O): Promise<Fetched<T, O>>;
  };
  /** Converts quantities. A value or unit that cannot be converted throws `invalid_quantity`. */
  readonly units: {
    /** A length in centimetres. */
    cm(quantity: CodeValue): number;
    /** A weight in kilograms. */
    kg(quantity: CodeValue): number;
    /** The value as it is. */
    any(quantity: CodeValue): number;
  };
  /** The id of the patient in context. */
  getPatientId(): string | null;
  /** The id of the encounter in context. */
  getEncounterId(): string | null;
  /** The user's own resource, such as `Practitioner/7`. */
  getFhirUser(): string | null;
  /** The id of the user's own resource. */
  getUserId(): string | null;
  /** The type of the user's own resource. */
  getUserType(): string | null;
  /** The claims of the ID token, which were checked. */
  getIdToken(): Record<string, any> | null;
  /** The state, or what stands at a dot-separated path of it. */
  getState(path?: string): any;
  /** `null` for an open server. A session's token stays inside: throws `unsupported_option`. */
  getAuthorizationHeader(): null;
  /**
   * Gets a new access token. Without a refresh token it rejects with `refresh_unavailable`. Only a server that refuses the refresh
   * token ends the session.
   */
  refresh(): Promise<ClientState>;
  /** Gets a new access token where the one at hand runs out within ten seconds. */
  refreshIfNeeded(): Promise<ClientState>;
  /** Observations by the codes of one of their CodeableConcepts, such as `code` or `category`. */
  byCode(observations: Observation | Observation[], property: string): Record<string, Observation[]>;
  /** A function that gives the observations of some codes. */
  byCodes(observations: Observation | Observation[], property: string): (...codes: string[]) => Observation[];
  /** What stands at a dot-separated path; `..` goes through all items of an array. */
  getPath(whole: object, path?: string): any;
}

/** fhirclient's settings. One that cannot be followed throws `unsupported_option` when it is set. */
export interface Settings {
  /** The code always leaves the page's address. */
  replaceBrowserHistory: boolean;
  /** Sessions are always kept tab by tab. */
  fullSessionStorageSupport: boolean;
  /** A public client always names itself. */
  refreshTokenWithClientId: boolean;
  /** Token requests carry no cookies of other sites. */
  refreshTokenWithCredentials: "same-origin" | "omit";
}

/** Launches, and what comes of them. */
export interface OAuth2 {
  /** fhirclient's settings, which are as they are. */
  readonly settings: Settings;
  /**
   * Leaves the page for the authorization server; resolves with nothing then, with `noRedirect` with its address. Of several
   * configurations, the first that trusts the issuer in the page's address is taken.
   *
   * Rejects with `untrusted_issuer` where no configuration knows the issuer, with `unsupported_option` and `invalid_configuration`
   * for what it cannot follow, else as `SmartApp.launch()` does.
   */
  authorize(parameters: AuthorizeParams | AuthorizeParams[]): Promise<string | undefined>;
  /**
   * The client, on the page of the redirect and after every reload. Rejects with `no_launch` where there is none to come back from,
   * else as `SmartApp.resume()` does, such as with `access_denied`.
   */
  ready(options?: ReadyOptions): Promise<Client>;
  /** The same in the manner of fhirclient's first version. */
  ready<T>(onReady: (client: Client) => T, onError?: (error: SmartError) => T): Promise<T>;
  /** The client, or where there is none yet a launch. For apps whose page is their own redirect URI. */
  init(parameters: AuthorizeParams | AuthorizeParams[], options?: ReadyOptions): Promise<Client>;
}

/** Launches, and what comes of them: `FHIR.oauth2`. */
export const oauth2: OAuth2;

/**
 * A client of a server that asks for no token, by its FHIR base or with a context of the app's own. With `tokenResponse: { access_token }`
 * it sends that token, to `serverUrl` and nowhere else, and keeps it in memory: for scripts and tests. Nothing refreshes the token.
 *
 * ```js
 * const client = FHIR.client({ serverUrl: "https://ehr.example/fhir", tokenResponse: { access_token, patient: "1" } });
 * const patient = await client.patient.read();
 * ```
 */
export function client(stateOrAddress: string | ClientState): Client;

/** The platform's own. */
export const AbortController: typeof globalThis.AbortController;

/** All of it in one object, as fhirclient gives it. */
declare const FHIR: {
  /** The platform's own. */
  readonly AbortController: typeof globalThis.AbortController;
  /** Makes a client of a server that asks for no token. */
  readonly client: typeof client;
  /** A client of one FHIR server. */
  readonly FhirClient: typeof FhirClient;
  /** Launches, and what comes of them. */
  readonly oauth2: OAuth2;
};

export default FHIR;
