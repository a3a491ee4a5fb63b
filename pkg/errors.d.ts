// The error class of this package.

import type { ResourceOf } from "./resources.js";

/** The error that every call rejects with. */
export class SmartError extends Error {
  /** A stable code, such as `state_mismatch`, `access_denied`, `not_found` or `network`. */
  readonly code: string;
  /** The HTTP status, if a response caused the error. */
  readonly status?: number;
  /** The section of the standard that applies. */
  readonly section?: string;
  /** The OperationOutcome of a FHIR error. */
  readonly operationOutcome?: ResourceOf<"OperationOutcome">;
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
