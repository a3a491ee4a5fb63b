// How an app and its servers are configured, and how a launch is begun.

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
  /** The key that signs the client's assertions: `Keys`, or a key of your own (SMART App Launch 2.2, asymmetric authentication). */
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
  /**
   * Where the server sends the user back to, without fragment, as it is registered: absolute, or relative to the page. By default the
   * page itself, without query and fragment.
   */
  redirectUri?: string;
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
  /**
   * Where the user is sent, absolute: in place of what the server's documents say, where they are missing or wrong. With
   * `tokenEndpoint` no document is asked for; then ID tokens are checked, and tokens revoked and introspected, only by the endpoints that
   * are named besides. `diagnose` says where the documents differ.
   */
  authorizationEndpoint?: string;
  /** Where codes and refresh tokens are exchanged, absolute. */
  tokenEndpoint?: string;
  /** The keys that sign ID tokens. */
  jwksUri?: string;
  /** The issuer of ID tokens, as their claim `iss` has it; not the `issuers` that EHR launches come with. */
  idTokenIssuer?: string;
  /** Where tokens are given back. */
  revocationEndpoint?: string;
  /** Where a token is asked about. */
  introspectionEndpoint?: string;
  /** Where the user is asked about. */
  userinfoEndpoint?: string;
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

/**
 * An app's configuration: one `server`, several `servers` with names, or in short `trustedIssuers` with what is the same for all of
 * them.
 */
export type SmartAppConfig = Storing & (
  | { server: ServerConfig }
  | { servers: ServerConfig[] }
  | ServerConfig
  | (Omit<ServerConfig, "fhirBase" | "name"> & {
      /** The FHIR bases of the servers that the app trusts. A standalone launch where there are several says which: `launch({ iss })`. */
      trustedIssuers: string[];
    })
);

/** How an app keeps sessions. */
export interface Storing {
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
  /** The address of a server that the configuration trusts, in place of its name. */
  iss?: string;
  /** Other scopes than the configured ones. */
  scope?: string;
  /**
   * Parameters to add to the authorization request, such as `prompt`. With `max_age`, in whole seconds, the server has the user sign in
   * again where that was longer ago, and the ID token must say that it did.
   */
  parameters?: Record<string, string>;
  /**
   * How the user is sent to the server. Without it by GET, and by POST where the address would be longer than 8,000 bytes, the server
   * has `authorize-post`, and the launch is no EHR launch. A POST is a form that the page submits: its Content-Security-Policy must
   * allow the endpoint by `form-action`, and in an EHR launch the user may have to sign in again.
   */
  method?: "GET" | "POST";
}

/** How to launch in a window of its own. */
export interface PopupOptions extends LaunchOptions {
  /** Gives up, and closes the window. */
  signal?: AbortSignal;
}

/** Where WebAssembly comes from: an address, its bytes, a response, or a compiled module. */
export type WasmSource = string | URL | BufferSource | Response | (WebAssembly.Module & object) | Promise<Response>;
