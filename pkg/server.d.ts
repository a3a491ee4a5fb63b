// Discovery and registration, which need no client.

import type { Keys } from "./backend.js";

/** A server: its FHIR base, or an object with its bases and endpoints. */
export type ServerBases =
  | string
  | {
      /** The FHIR base. */
      fhirBase: string;
      /** The base of `.well-known`, if it is not the FHIR base. */
      discoveryBase?: string;
      /** Allows http to other hosts. Everybody on the network path can then read the requests. */
      allowInsecureHttp?: boolean;
      /** Endpoints as in `ServerConfig`. `discover` uses them; `diagnose` reports differences from the documents. */
      authorizationEndpoint?: string;
      tokenEndpoint?: string;
      jwksUri?: string;
      idTokenIssuer?: string;
      revocationEndpoint?: string;
      introspectionEndpoint?: string;
      userinfoEndpoint?: string;
    };

/** A server's endpoints as absolute URLs, and its capabilities (SMART App Launch 2.2, conformance). */
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

/** A deviation in a server's documents or responses. */
export interface Finding {
  /** A stable code, such as `string_for_array`. */
  code: string;
  /** A description in plain language. */
  message: string;
  /** The section of the standard that it violates. */
  section: string;
}

/**
 * Finds a server's endpoints as a launch does: in its SMART configuration, otherwise in its other documents. Rejects with
 * `discovery_failed`.
 */
export function discover(server: ServerBases): Promise<SmartConfiguration>;

/**
 * Fetches a server's documents and returns their deviations. A document that cannot be fetched is a finding too, and so is a server that
 * registers apps of its trust community (`trust_community`; see `smartrust/udap`).
 */
export function diagnose(server: ServerBases): Promise<Finding[]>;

/** Client metadata (RFC 7591 section 2). Members that are not in this list are not sent; empty arrays are sent. */
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
  /** The client's public keys: a JWK Set, or `Keys`, of which only the public key is sent. */
  jwks?: { keys: JsonWebKey[] } | Keys;
  software_id?: string;
  software_version?: string;
  software_statement?: string;
}

/** A registration response (RFC 7591 section 3.2.1). */
export interface RegistrationDocument extends Partial<Omit<ClientMetadata, "jwks">> {
  /** The client's public keys. */
  jwks?: { keys: JsonWebKey[] };
  client_id: string;
  /** The client secret, if the server issued one. */
  client_secret?: string;
  /** In seconds since 1970. */
  client_id_issued_at?: number;
  /** In seconds since 1970; absent for never. */
  client_secret_expires_at?: number;
  /** The token for reading, updating and deleting the registration. Keep it secret. */
  registration_access_token?: string;
  /** The URL for reading, updating and deleting the registration. */
  registration_client_uri?: string;
}

/** A difference between sent and registered metadata. */
export interface MetadataChange {
  member: string;
  sent?: string;
  registered?: string;
}

/**
 * Registers a client at the server's registration endpoint (RFC 7591). Use `initialAccessToken` if the server requires one, which its
 * administrator issues.
 *
 * Rejects with `registration_off` if the server has no such endpoint, and with `registration_failed` if it refuses.
 */
export function register(
  server: ServerBases,
  metadata: ClientMetadata,
  options?: { initialAccessToken?: string; signal?: AbortSignal },
): Promise<Registration>;

/**
 * A registered client. To store it, use `JSON.stringify`; to restore it, `new Registration(JSON.parse(text))`. It contains
 * secrets: store it where no page can read it.
 */
export class Registration {
  constructor(kept: { endpoint: string; document: RegistrationDocument; changes?: MetadataChange[] });
  /** The registration endpoint. */
  readonly endpoint: string;
  /** The registration response. */
  readonly document: RegistrationDocument;
  /** Differences between the response and the request. */
  readonly changes: MetadataChange[];
  /** The client id. */
  readonly clientId: string;
  /** Reads the current registration (RFC 7592). Keep the result instead of this object. */
  read(options?: { signal?: AbortSignal }): Promise<Registration>;
  /** Replaces the metadata. Keep the result instead of this object. */
  update(metadata: ClientMetadata, options?: { signal?: AbortSignal }): Promise<Registration>;
  /** Deletes the registration. Its client id and tokens are then invalid. */
  delete(options?: { signal?: AbortSignal }): Promise<void>;
}
