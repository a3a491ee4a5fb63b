// The error class of this package.

import type { ResourceOf } from "./resources.js";

/**
 * The code of an error. `docs/errors.md` says for each what happened and what to do. A later version may add codes, so a `switch` needs a
 * default.
 *
 * @example
 * ```ts
 * import { SmartError, type SmartErrorCode } from "smartrust";
 *
 * const retryable: SmartErrorCode[] = ["network", "timeout"];
 *
 * export function canRetry(error: unknown): boolean {
 *   return error instanceof SmartError && retryable.includes(error.code);
 * }
 * ```
 */
export type SmartErrorCode =
  | "invalid_configuration"
  | "unknown_server"
  | "reserved_parameter"
  | "invalid_scope"
  | "invalid_url"
  | "insecure_url"
  | "pkce_unsupported"
  | "max_age_unsupported"
  | "authorization_too_long"
  | "wasm_unavailable"
  | "wasm_blocked"
  | "wasm_unsupported"
  | "internal_error"
  | "disposed"
  | "unscripted_request"
  | "untrusted_issuer"
  | "invalid_launch_link"
  | "discovery_failed"
  | "access_denied"
  | "authorization_failed"
  | "state_mismatch"
  | "callback_replayed"
  | "invalid_callback"
  | "popup_blocked"
  | "popup_closed"
  | "navigation_unavailable"
  | "keep_unsupported"
  | "patient_changed"
  | "invalid_grant"
  | "invalid_client"
  | "token_request_failed"
  | "introspection_failed"
  | "revocation_failed"
  | "invalid_token_response"
  | "invalid_id_token"
  | "client_authentication_failed"
  | "keep_refused"
  | "key_missing"
  | "session_expired"
  | "signed_out"
  | "invalid_access_token"
  | "invalid_user_info"
  | "not_offered"
  | "not_granted"
  | "no_patient"
  | "no_encounter"
  | "no_user"
  | "network"
  | "timeout"
  | "aborted"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "gone"
  | "conflict"
  | "precondition_failed"
  | "unprocessable"
  | "too_many_requests"
  | "fhir_error"
  | "not_json"
  | "invalid_content"
  | "foreign_url"
  | "redirected"
  | "invalid_reference"
  | "page_cycle"
  | "hidden_header"
  | "invalid_batch_response"
  | "unexpected_shape"
  | "export_failed"
  | "export_cancelled"
  | "bad_line"
  | "file_failed"
  | "count_mismatch"
  | "registration_off"
  | "registration_failed"
  | "invalid_registration_response"
  | "hub_unavailable"
  | "hub_refused"
  | "hub_timeout"
  | "invalid_hub_message"
  | "udap_unsupported"
  | "udap_untrusted"
  | "certificates_unavailable"
  | "certification_required"
  | "community_refused"
  | "websocket_unavailable"
  | "messaging_unavailable"
  | "invalid_app_state"
  | "directory_unreachable"
  | "directory_invalid"
  | "directory_too_large"
  | "no_launch"
  | "refresh_unavailable"
  | "invalid_patch"
  | "invalid_quantity"
  | "unsupported_option"
  | "storage_unavailable"
  | "entropy_unavailable";

/** The error that every call rejects with. */
export class SmartError extends Error {
  /** A stable code, such as `state_mismatch`, `access_denied`, `not_found` or `network`. */
  readonly code: SmartErrorCode;
  /** The HTTP status, if a response caused the error. */
  readonly status?: number;
  /** The section of the standard that applies. */
  readonly section?: string;
  /** The OperationOutcome of a FHIR error. */
  readonly operationOutcome?: ResourceOf<"OperationOutcome">;
  /** The check that a server's metadata failed (`udap_untrusted`), such as `iss` or `the certificate chain`. */
  readonly check?: string;
  /** The current app state, if it was changed since it was read (`conflict`). It is not enumerable, so that logs leave it out. */
  readonly current?: ResourceOf<"Basic">;
  /** The `Retry-After` header as sent. */
  readonly retryAfter?: string;
  /** The `ETag` header as sent. */
  readonly etag?: string;
  /** The OAuth error code from the server. */
  readonly error?: string;
  /** The OAuth error description. Show it as text, never as HTML. */
  readonly errorDescription?: string;
  /** The OAuth error URI. */
  readonly errorUri?: string;
}
