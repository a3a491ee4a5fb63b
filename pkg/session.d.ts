// What a session reports: the user, the scopes, the launch context, and what happened to its tokens.

import type { SmartError, SmartErrorCode } from "./errors.js";

/** Why a session is not kept. */
export interface NotKept {
  /**
   * `not_granted` if the user or the server left the scope out, `no_refresh_token` if a server with open registration gave none, otherwise the
   * code of the error, such as `registration_failed`.
   */
  code: SmartErrorCode | "no_refresh_token";
  /** What happened, and what to do. */
  message: string;
}

/** Claims about the user (OpenID Connect Core section 5.1). */
export interface UserInfo {
  /** The user's identifier at the issuer, the same as in the ID token. */
  sub: string;
  name?: string;
  email?: string;
  fhirUser?: string;
  [member: string]: unknown;
}

/** Requested and granted scopes, as the server writes them. */
export interface ScopeGrant {
  /** The requested scopes. */
  requested: string[];
  /** The granted scopes. If the server did not return any, all requested scopes. */
  granted: string[];
  /** Requested scopes of which nothing was granted. */
  missing: string[];
  /** Requested scopes that were granted in part, such as a wildcard that was returned as a few resource types. */
  narrowed: string[];
  /** Granted scopes that were not requested. */
  extra: string[];
}

/** Who the user is, and which checks were done. */
export interface Identity {
  /** The issuer of the ID token. */
  issuer: string;
  /** The user's identifier at the issuer. */
  subject: string;
  /** All claims of the ID token. */
  claims: Record<string, unknown>;
  /** Whether the issuer was compared with one from the server's documents. */
  issuerChecked: boolean;
  /** Whether the ID token contained the nonce of the request. */
  nonceChecked: boolean;
  /** Whether `at_hash` binds the ID token to the access token. */
  accessTokenHashChecked: boolean;
  /** The state of the signature check. An invalid signature ends the session. */
  signature: "pending" | "verified" | "unchecked";
  /** Why the signature could not be checked. */
  signatureReason?: string;
}

/** The launch context as the server sent it, without the tokens. */
export interface LaunchContext {
  patient?: string;
  encounter?: string;
  need_patient_banner?: boolean;
  intent?: string;
  tenant?: string;
  smart_style_url?: string;
  fhirContext?: {
    reference?: string;
    canonical?: string;
    identifier?: { system?: string; value?: string; [member: string]: unknown };
    type?: string;
    role?: string;
  }[];
  [member: string]: unknown;
}

/** The events of a session. */
export interface SessionEvents {
  /** The session has a new access token. */
  refreshed: null;
  /** The check of the ID token's signature has finished, and the session goes on. */
  identitychecked: null;
  /** The session has ended. The error is the reason; its code is `signed_out` if the user signed out. */
  signedout: SmartError;
}

/** The server's introspection response for a token. */
export interface Introspection {
  /** Whether the token is active. */
  active: boolean;
  scope?: string;
  exp?: number;
  sub?: string;
  [member: string]: unknown;
}

/** What happened to the tokens at the server on sign-out. They are deleted here in any case. */
export interface SignOut {
  /**
   * `revoked`: the server revoked them. `notoffered`: it has no revocation endpoint. `page`: it has a web page instead. `failed`: the request
   * failed or was refused. `ended`: the session had ended before, or had no token yet.
   */
  revocation: "revoked" | "notoffered" | "page" | "failed" | "ended";
  /** The web page where users manage what they shared. */
  page?: string;
  /** Why the revocation failed. */
  error?: SmartError;
}
