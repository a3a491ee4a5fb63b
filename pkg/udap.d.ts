/**
 * Registration in trust communities by a certificate (UDAP), as TEFCA uses it: for servers in Node 20.16 or newer, Deno and Bun. A page cannot keep the
 * private key, and no browser reads certificates. It has its own WebAssembly file, which the first call loads.
 * `smartrust/udap/inline` exports the same.
 *
 * @module smartrust/udap
 */

/// <reference lib="esnext.disposable" />
import type { BackendConfig } from "./backend.js";
import type { ClientCredential, ClientKey, SessionStore, WasmSource } from "./config.js";
import type { Finding, MetadataChange } from "./server.js";

export { SmartError, type SmartErrorCode } from "./errors.js";
export type { Finding, MetadataChange } from "./server.js";

/**
 * Loads the WebAssembly for trust communities. Without it, the first call loads it. `source` is the file's URL or content, if the file is not in
 * the package's folder: see `smartrust/udap/wasm`. Rejects with `wasm_unavailable`.
 *
 * ```js
 * import { ready } from "smartrust/udap";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/** A trust community: servers with certificates of its authorities are trusted. */
export interface UdapCommunity {
  /** The community's URI. A server of several communities selects its certificate by it. Without it, the server chooses. */
  uri?: string;
  /** The certificates of the community's authorities, in PEM. */
  anchors: string;
  /** The algorithms of signed metadata that are accepted. The default is RS256, the only one that the standard allows. */
  algorithms?: string[];
}

/** A certificate of a server's chain, whose revocation is to be checked. */
export interface RevocationRequest {
  /** The certificate in DER. */
  certificate: Uint8Array;
  /** The certificate of its issuer in DER, which signs its revocation lists. */
  issuer: Uint8Array;
  /** The certificate's subject, for messages. */
  subject: string;
}

/** The configuration of an app in trust communities. */
export interface UdapConfig {
  /** The app's certificate and those of its issuers in PEM, the app's own first. Its Subject Alternative Name has the app's URI. */
  certificate: string;
  /** The certificate's private key: PKCS#8 or PKCS#1 in PEM, or a key as in `smartrust/backend`. */
  key: string | Pick<ClientKey, "privateKey">;
  /** The app's URI, if the certificate has several. */
  uri?: string;
  /** The communities whose servers are trusted. */
  communities: UdapCommunity[];
  /**
   * Checks whether a certificate was revoked, by a revocation list (CRL) or by OCSP. It is called for each certificate of a server's chain except
   * the anchor. Anything other than `"good"` and `"revoked"`, and an exception, means that it is not known.
   */
  checkRevocation?: (request: RevocationRequest) => RevocationAnswer | Promise<RevocationAnswer>;
  /** Whether a server is trusted only if all of its certificates are known not to be revoked. The default is `false`: then it is a finding. */
  requireRevocationCheck?: boolean;
  /**
   * Where registrations are kept between runs. The default is memory: then the app registers again after each start, which servers treat as a
   * change of its registration. They contain no secret.
   */
  store?: SessionStore;
}

/** Whether a certificate was revoked. */
export type RevocationAnswer = "good" | "revoked" | "unknown";

/** What an app registers (UDAP Security 2.0, software statement). */
export interface SoftwareStatement {
  /** The name that people see. */
  clientName: string;
  /** How to contact the operator: URIs, of which at least one is an e-mail address, such as `mailto:ops@acme.example`. */
  contacts: string[];
  /**
   * `["client_credentials"]` for a service, which is the default; `["authorization_code"]` for an app with users, also with `"refresh_token"`.
   */
  grantTypes?: string[];
  /** The scopes that the app may request, separated by spaces. Wildcards need a server that lists them. */
  scope: string;
  /** The redirect URIs with https, for `authorization_code` only. */
  redirectUris?: string[];
  /** The https URL of a PNG, JPG or GIF file, for `authorization_code` only. */
  logoUri?: string;
  /** Certifications of the app, each a signed JWT. */
  certifications?: string[];
  /** Further claims that the community defines. */
  extraClaims?: Record<string, unknown>;
}

/** For whom and why a service requests data: the extension `hl7-b2b` (UDAP Security 2.0, B2B authorization extension object). */
export interface UdapPurpose {
  /** The identifier of the requesting organization, a URI. */
  organizationId: string;
  /** Its name. */
  organizationName?: string;
  /** Codes of the purposes, such as `urn:oid:2.16.840.1.113883.5.8#TREAT`. */
  purposeOfUse: string[];
  /** The name of the person or system for whom the data is requested, if it is known. */
  subjectName?: string;
  /** The identifier of that person, such as an NPI. It needs a name. */
  subjectId?: string;
  /** The code of that person's role. It needs a name. */
  subjectRole?: string;
  /** URIs of policies that allow the request. */
  consentPolicy?: string[];
  /** Absolute URLs of `Consent` or `DocumentReference` resources. They need a policy. */
  consentReference?: string[];
}

/** A certificate, for people. */
export interface CertificateSummary {
  /** Its subject, such as `O=Acme, CN=app.acme.example`. */
  subject: string;
  /** When it expires. */
  expiresAt: Date;
}

/**
 * An app in trust communities: its certificate and key, and whom it trusts (HL7 FAST, UDAP Security 2.0).
 *
 * ```js
 * import { readFileSync } from "node:fs";
 * import { BackendClient } from "smartrust/backend";
 * import { UdapClient } from "smartrust/udap";
 *
 * const udap = await UdapClient.create({
 *   certificate: readFileSync("app.pem", "utf8"),
 *   key: readFileSync("app.key", "utf8"),
 *   communities: [{ uri: "https://community.example", anchors: readFileSync("community.pem", "utf8") }],
 * });
 * // Nothing else is sent to a server whose metadata is not trusted.
 * const server = await udap.discover("https://ehr.example/fhir");
 * const registration = await server.register({
 *   clientName: "Acme",
 *   contacts: ["mailto:ops@acme.example"],
 *   scope: "system/Patient.rs",
 * });
 * const purpose = { organizationId: "https://acme.example/org", purposeOfUse: ["urn:oid:2.16.840.1.113883.5.8#TREAT"] };
 * const service = new BackendClient(await registration.service({ purpose }));
 * const patient = await service.read("Patient/1");
 * console.log(patient.resourceType);
 * ```
 */
export class UdapClient implements Disposable {
  private constructor();

  /**
   * Reads a configuration, and checks the certificate and its key.
   *
   * Rejects with `invalid_configuration` naming the member, such as `certificate` if it is out of date or has no URI, and `key` if it is not the
   * certificate's; with `certificates_unavailable` in a browser.
   */
  static create(config: UdapConfig): Promise<UdapClient>;

  /** The app's URI in its communities. */
  readonly uri: string;

  /** The app's certificate. */
  readonly certificate: CertificateSummary;

  /** Returns what is odd about the app's certificate now: `certificate_expires_soon` if it is valid for 30 days or less. */
  findings(): Finding[];

  /**
   * Fetches the metadata of a FHIR server, and verifies its signature, its certificates and its claims (UDAP Security 2.0, signed metadata
   * elements). Write the FHIR base exactly as in the server's certificate, to the last slash. `community` selects a configured community by its URI;
   * without it, it is the only one.
   *
   * Rejects with `udap_unsupported` if the server has no metadata, or none for the community; `udap_untrusted`, whose `check` names the check that
   * failed; `discovery_failed`, `network`, `insecure_url`, `aborted`.
   */
  discover(fhirBase: string | URL, options?: { community?: string; signal?: AbortSignal }): Promise<UdapServer>;

  /** Frees the memory. Later calls throw `disposed`. */
  [Symbol.dispose](): void;
}

/** What was verified of a server. Lists that the server does not have are absent; empty ones mean that it supports nothing of the kind. */
export interface UdapServerDescription {
  /** The FHIR base. */
  fhirBase: string;
  /** The community's URI. */
  community?: string;
  /** The authorization endpoint, if the server has one. */
  authorizationEndpoint?: string;
  /** The token endpoint. */
  tokenEndpoint: string;
  /** The registration endpoint. */
  registrationEndpoint: string;
  /** The UDAP profiles, such as `udap_dcr`. */
  profiles?: string[];
  /** The grant types. */
  grantTypes?: string[];
  /** The scopes. */
  scopes?: string[];
  /** Extensions that every token request must have, such as `hl7-b2b`. */
  requiredExtensions?: string[];
  /** The URIs of certifications that a registration must have. */
  requiredCertifications?: string[];
  /** The server's certificates, from its own to the community's anchor. */
  certificates: CertificateSummary[];
  /** When the metadata expires. Then, and after a day, it is fetched and verified again before anything else is sent. */
  expiresAt: Date;
}

/** A server whose metadata was verified. */
export class UdapServer implements Disposable {
  private constructor();

  /** Returns what was verified. */
  describe(): UdapServerDescription;

  /**
   * Returns what is odd: deviations of the server, `revocation_not_checked`, and `certificate_of_another_community` if the app's certificate does not
   * lead to an authority of this community.
   */
  findings(): Finding[];

  /** Returns the app's registration in the store, or `null`. Nothing is sent. Rejects with `storage_unavailable`. */
  registration(): Promise<UdapRegistration | null>;

  /**
   * Registers the app, or changes its registration if it is registered with another statement. If it is registered with an equal statement, nothing is
   * sent, also with a renewed certificate.
   *
   * Rejects before anything is sent with `invalid_configuration` for a combination that the standard does not allow, `invalid_scope`,
   * `certification_required`, `udap_unsupported`; then with `registration_failed`, `community_refused`, `registration_off`,
   * `invalid_registration_response`, `storage_unavailable`, `network`.
   */
  register(statement: SoftwareStatement, options?: { signal?: AbortSignal }): Promise<UdapRegistration>;

  /**
   * Cancels the registration with the statement that it was registered with. Resolves to whether the server says that it is cancelled. Rejects like
   * `register()`.
   */
  cancel(statement: SoftwareStatement, options?: { signal?: AbortSignal }): Promise<boolean>;

  /** Frees the memory. Later calls throw `disposed`. */
  [Symbol.dispose](): void;
}

/** A token response. Keep its tokens secret. */
export interface UdapToken {
  /** The access token. */
  accessToken: string;
  /** The seconds until it expires. */
  expiresIn?: number;
  /** The granted scopes, if the server reports them. */
  scope?: string;
  /** The refresh token, if there is one. */
  refreshToken?: string;
  /** The ID token, if there is one. It is not verified. */
  idToken?: string;
  /** The patient in context. */
  patient?: string;
  /** The encounter in context. */
  encounter?: string;
}

/** The app's registration at a server, by which it gets tokens. */
export class UdapRegistration implements Disposable {
  private constructor();

  /** The client id. It is only valid with the app's certificate. */
  readonly clientId: string;

  /** The scopes that the server registered, if it reports them. */
  readonly scope?: string;

  /** What the server did; `undefined` if the app was registered like this before, and nothing was sent. */
  readonly change?: "registered" | "modified";

  /** The values that the server registered differently from what was sent. */
  readonly changes: MetadataChange[];

  /**
   * Gets a token for the app itself. `scope` is by default the registered one. Use the token only for this purpose; another purpose needs another token.
   *
   * Rejects with `invalid_configuration` for a purpose that is incomplete, or missing where the server requires it, with `invalid_client`,
   * `token_request_failed`, `invalid_token_response`, `udap_unsupported`; like `discover()` if the metadata has expired.
   */
  clientCredentials(options?: { scope?: string; purpose?: UdapPurpose; signal?: AbortSignal }): Promise<UdapToken>;

  /**
   * Exchanges the code that a user's browser brought back. `redirectUri` is that of the authorization request, exactly, and `codeVerifier` its PKCE
   * verifier. Rejects like `clientCredentials()`, and with `invalid_grant`.
   */
  exchange(options: { code: string; redirectUri: string; codeVerifier: string; signal?: AbortSignal }): Promise<UdapToken>;

  /** Gets a new access token for a user; with `scope`, one with fewer scopes. Rejects like `exchange()`. */
  refresh(options: { refreshToken: string; scope?: string; signal?: AbortSignal }): Promise<UdapToken>;

  /**
   * Returns the configuration of a `BackendClient` that acts for one purpose. It gets tokens of its own. `scope` is by default the registered one.
   * Rejects with `invalid_configuration`.
   */
  service(options?: { scope?: string; purpose?: UdapPurpose }): Promise<BackendConfig>;

  /**
   * Returns the parameters that authenticate one request to an endpoint: an assertion with the certificate, and `udap=1`. Use them once. A proxy adds them
   * to a page's token request. Rejects with `client_authentication_failed` if the endpoint has another origin than the token endpoint.
   */
  authenticate(endpoint: string | URL, options?: { purpose?: UdapPurpose }): Promise<ClientCredential>;

  /** Frees the memory. Later calls throw `disposed`. */
  [Symbol.dispose](): void;
}
