// What can be asked of a server without a client.

import type { Keys } from "./backend.js";

/** A server: its FHIR base, or its bases. */
export type ServerBases =
  | string
  | {
      /** The FHIR base. */
      fhirBase: string;
      /** Where `.well-known` lies, if not under the FHIR base. */
      discoveryBase?: string;
      /** Allows plain http to other machines. Everybody on the way can then read along. */
      allowInsecureHttp?: boolean;
      /** The endpoints that a `ServerConfig` names: `discover` takes them, `diagnose` says where the documents differ. */
      authorizationEndpoint?: string;
      tokenEndpoint?: string;
      jwksUri?: string;
      idTokenIssuer?: string;
      revocationEndpoint?: string;
      introspectionEndpoint?: string;
      userinfoEndpoint?: string;
    };

/** A server's endpoints, absolute, and capabilities (SMART App Launch 2.2, conformance). */
export interface SmartConfiguration {
  issuer?: string;
  authorization_endpoint?: string;
  token_endpoint: string;
  jwks_uri?: string;
  registration_endpoint?: string;
  userinfo_endpoint?: string;
  introspection_endpoint?: string;
  revocation_endpoint?: string;
  management_endpoint?: string;
  capabilities: string[];
  code_challenge_methods_supported: string[];
  /** The document as the server sent it. */
  document: Record<string, unknown>;
}

/** Something odd about a server's documents. */
export interface Finding {
  /** A stable name, such as `string_for_array`. */
  code: string;
  /** What was found, in plain language. */
  message: string;
  /** The section of the standard that says otherwise. */
  section: string;
}

/**
 * Finds a server's endpoints as a launch does: in its SMART configuration, else in its other documents. Rejects with
 * `discovery_failed`.
 */
export function discover(server: ServerBases): Promise<SmartConfiguration>;

/** Fetches a server's documents and lists what is odd about them. A document that cannot be had is a finding too. */
export function diagnose(server: ServerBases): Promise<Finding[]>;

/** What a client says of itself (RFC 7591 section 2). Members that this list lacks are not sent; empty arrays are sent as they are. */
export interface ClientMetadata {
  client_name?: string;
  client_uri?: string;
  logo_uri?: string;
  tos_uri?: string;
  policy_uri?: string;
  contacts?: string[];
  redirect_uris?: string[];
  launch_uri?: string;
  scope?: string;
  grant_types?: string[];
  response_types?: string[];
  token_endpoint_auth_method: "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";
  jwks_uri?: string;
  /** The client's public keys: a JWK Set, or `Keys`, whose public half is sent. */
  jwks?: { keys: JsonWebKey[] } | Keys;
  software_id?: string;
  software_version?: string;
  software_statement?: string;
}

/** A registration, in the words of RFC 7591 section 3.2.1. */
export interface RegistrationDocument extends Partial<Omit<ClientMetadata, "jwks">> {
  /** The client's public keys. */
  jwks?: { keys: JsonWebKey[] };
  client_id: string;
  /** The secret, where the server made one. */
  client_secret?: string;
  /** In seconds since 1970. */
  client_id_issued_at?: number;
  /** In seconds since 1970; absent for never. */
  client_secret_expires_at?: number;
  /** What the registration can be read, changed and removed with. Keep it as a secret. */
  registration_access_token?: string;
  /** Where it can. */
  registration_client_uri?: string;
}

/** What a server registered otherwise than it was asked to. */
export interface MetadataChange {
  member: string;
  sent?: string;
  registered?: string;
}

/**
 * Registers a client by the server's registration endpoint (RFC 7591). `initialAccessToken` is for servers that register only for
 * those whom their administrator gave one.
 *
 * Rejects with `registration_off` where the server has no such endpoint, with `registration_failed` where it refuses.
 */
export function register(
  server: ServerBases,
  metadata: ClientMetadata,
  options?: { initialAccessToken?: string; signal?: AbortSignal },
): Promise<Registration>;

/**
 * A registered client. As data (`JSON.stringify`) it can be kept and made again: `new Registration(JSON.parse(text))`. It holds
 * secrets: keep it where no page can read it.
 */
export class Registration {
  constructor(kept: { endpoint: string; document: RegistrationDocument; changes?: MetadataChange[] });
  /** The registration endpoint. */
  readonly endpoint: string;
  /** What the server registered. */
  readonly document: RegistrationDocument;
  /** What of it is otherwise than it was asked for. */
  readonly changes: MetadataChange[];
  /** The client id. */
  readonly clientId: string;
  /** Reads the registration as it stands now (RFC 7592). Keep the answer in place of this one. */
  read(options?: { signal?: AbortSignal }): Promise<Registration>;
  /** Replaces the metadata. Keep the answer in place of this one. */
  update(metadata: ClientMetadata, options?: { signal?: AbortSignal }): Promise<Registration>;
  /** Removes the registration; its client id and tokens are void then. */
  delete(options?: { signal?: AbortSignal }): Promise<void>;
}
