// The configuration of an app and its servers, and the options of a launch.

/** A custom store for sessions and pending launches. */
export interface SessionStore {
  /** Returns the string under a key, or nothing. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Stores a string under a key. */
  set(key: string, text: string): void | Promise<void>;
  /** Removes a key. */
  remove(key: string): void | Promise<void>;
  /** Returns all keys that start with a prefix. */
  keys(prefix: string): string[] | Promise<string[]>;
}

/** The configuration of one server. */
export interface ServerConfig {
  /** The app's name for the server; required if there are several. */
  name?: string;
  /** A label for the app's own use. The client does not read it. */
  label?: string;
  /** The FHIR base, and the default for the discovery base and `aud`. */
  fhirBase: string;
  /** The base of `.well-known`, if it is not the FHIR base. */
  discoveryBase?: string;
  /** The `aud` parameter. The default is the FHIR base as written, or in an EHR launch the link's `iss`. */
  aud?: string;
  /** The allowed `iss` values of an EHR launch; by default only the FHIR base. */
  issuers?: string[];
  /** The client id that the app is registered with. */
  clientId: string;
  /** A client secret. Not for browsers, where everybody can read it; in a browser, the client logs a warning. */
  clientSecret?: string;
  /**
   * How the client authenticates (RFC 7591 section 2). The default is `private_key_jwt` with a `key`, `client_secret_basic` with a
   * secret, and `none` otherwise.
   */
  tokenEndpointAuthMethod?: "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  /** The key that signs client assertions: `Keys`, or your own key (SMART App Launch 2.2, asymmetric authentication). */
  key?: ClientKey;
  /**
   * A custom function that authenticates token, revocation and introspection requests. It is called for each request, including
   * retries.
   */
  authenticate?: (request: AuthenticationRequest) => ClientCredential | Promise<ClientCredential>;
  /**
   * The URL of a token proxy on the app's own origin, absolute or relative to `redirectUri`. It receives token and revocation requests in
   * place of the server, adds the client secret, and forwards them.
   */
  tokenProxy?: string;
  /** The encoding of the Basic header: form-encoded first (`form`, RFC 6749 section 2.3.1), or `raw` for servers that expect it. */
  basicEncoding?: "form" | "raw";
  /**
   * The redirect URI, as registered, without fragment: absolute, or relative to the page. The default is the page itself, without query
   * and fragment.
   */
  redirectUri?: string;
  /** The scopes, separated by spaces. `launch` is added in an EHR launch and removed in a standalone launch. */
  scope: string;
  /** When a PKCE challenge (S256) is sent: always (`send`), only if the server advertises support (`required`), or never (`disabled`). */
  pkce?: "send" | "required" | "disabled";
  /** Additional audiences of an ID token that are trusted. */
  trustedAudiences?: string[];
  /** Accepts an ID token without the nonce that was sent. */
  allowMissingNonce?: boolean;
  /** Allows http to other hosts. Everybody on the network path can then read the requests. */
  allowInsecureHttp?: boolean;
  /**
   * The authorization endpoint, an absolute URL. It replaces the one in the server's documents, if they are missing or wrong. With
   * `tokenEndpoint` too, no document is requested; ID tokens are then checked, and tokens revoked and introspected, only with the
   * endpoints that are configured. `diagnose` reports differences from the documents.
   */
  authorizationEndpoint?: string;
  /** The token endpoint, an absolute URL. */
  tokenEndpoint?: string;
  /** The URL of the keys that sign ID tokens. */
  jwksUri?: string;
  /** The issuer of ID tokens, as in their `iss` claim. It is not one of the `issuers` of EHR launches. */
  idTokenIssuer?: string;
  /** The revocation endpoint. */
  revocationEndpoint?: string;
  /** The introspection endpoint. */
  introspectionEndpoint?: string;
  /** The UserInfo endpoint. */
  userinfoEndpoint?: string;
  /**
   * The id of the app's software at the server, usually its client id. With it, `launch({ keep: true })` lets the patient allow this browser to
   * register a client with a key of its own (protected dynamic client registration, as at Epic), and to stay connected.
   */
  softwareId?: string;
  /**
   * Whether the server registers every client that asks (RFC 7591 section 3). Then `launch({ keep: true })` first registers a client with a
   * key of this browser's own. Without this and without `softwareId`, it rejects with `keep_unsupported`.
   */
  openRegistration?: boolean;
}

/** A client's private key, and the contents of its assertions. */
export interface ClientKey {
  /**
   * The key, with the usage `sign`; it need not be extractable. An RSA key of Web Crypto is bound to one hash, so there may be one for each
   * hash; the server's list of algorithms then decides.
   */
  privateKey: CryptoKey | CryptoKey[];
  /** The key id in the client's registered JWK Set. */
  kid?: string;
  /** The URL of that JWK Set, for servers that read it from the assertion. */
  jku?: string;
  /** The assertion's `iss`, if the server expects another value than `clientId`. */
  issuer?: string;
  /** Claims in addition to `iss`, `sub`, `aud`, `exp` and `jti`. */
  claims?: Record<string, unknown>;
}

/** The request that a custom `authenticate` function authenticates. */
export interface AuthenticationRequest {
  /** The URL of the request. */
  endpoint: string;
  /** The client id. */
  clientId: string;
}

/** The credentials for one request. */
export interface ClientCredential {
  /** Form parameters, such as `client_id` or `client_assertion`. */
  parameters?: Record<string, string>;
  /** The value of the `Authorization` header. */
  authorization?: string;
}

/**
 * An app's configuration: one `server`, several named `servers`, or, in short, `trustedIssuers` with the members that are the same for all
 * of them.
 */
export type SmartAppConfig = StorageOptions & (
  | { server: ServerConfig }
  | { servers: ServerConfig[] }
  | ServerConfig
  | (Omit<ServerConfig, "fhirBase" | "name"> & {
      /** The FHIR bases of the servers that the app trusts. If there are several, a standalone launch names one: `launch({ iss })`. */
      trustedIssuers: string[];
    })
);

/** Where an app stores sessions. */
export interface StorageOptions {
  /**
   * The store for sessions: `"tab"` (sessionStorage, the default), `"origin"` (localStorage), `"memory"`, or a custom
   * object.
   */
  store?: "tab" | "origin" | "memory" | SessionStore;
}

/** Options for a launch. */
export interface LaunchOptions {
  /** The configured name of the server, for a standalone launch if there are several. */
  server?: string;
  /** The FHIR base of a server that the app trusts, instead of its name. */
  iss?: string;
  /** The scopes, if they differ from the configured ones. */
  scope?: string;
  /**
   * Additional parameters of the authorization request, such as `prompt`. With `max_age`, in whole seconds, the server asks the user to sign
   * in again if the last sign-in was longer ago, and the client checks that in the ID token.
   */
  parameters?: Record<string, string>;
  /**
   * The HTTP method of the authorization request. The default is GET, or POST if the URL would be longer than 8,000 bytes, the server
   * supports `authorize-post`, and it is not an EHR launch. For POST, the page submits a form: its Content-Security-Policy must allow the
   * endpoint in `form-action`, and in an EHR launch the user may have to sign in again.
   */
  method?: "GET" | "POST";
  /**
   * A value of the app, such as the view to return to. After the redirect, `session.appState` returns it. It is stored as JSON in this browser,
   * with the launch, and is in no URL and no request.
   */
  appState?: unknown;
  /**
   * Whether this browser stays connected after the session, with its own key and without a token on the device. Offer it to the user as a
   * choice that is off at first, and not on a shared computer.
   *
   * The launch rejects before the redirect: with `keep_unsupported` where it is not possible, also for an EHR's launch link; with `keep_refused`
   * for a day after the server refused such a key. After the redirect, `session.kept` says whether it succeeded.
   */
  keep?: boolean | KeepOptions;
}

/** How a connection is kept. */
export interface KeepOptions {
  /** The scope by which the user allows it, at a server with protected registration. The default is `system/DynamicClient.register`. */
  scope?: string;
  /** The name of the app, for a server with open registration. */
  clientName?: string;
}

/** Options for a launch in a popup. */
export interface PopupOptions extends LaunchOptions {
  /** Cancels the launch and closes the popup. */
  signal?: AbortSignal;
}

/** A WebAssembly file: its URL, its bytes, a response, or a compiled module. */
export type WasmSource = string | URL | BufferSource | Response | (WebAssembly.Module & object) | Promise<Response>;
