// What every call of this package rejects with.

import type { ResourceOf } from "./resources.js";

/** What every call rejects with. */
export class SmartError extends Error {
  /** A stable code, such as `state_mismatch`, `access_denied`, `not_found` or `network`. */
  readonly code: string;
  /** The HTTP status, where an answer caused the error. */
  readonly status?: number;
  /** The section of the standard that the error rests on. */
  readonly section?: string;
  /** The OperationOutcome of a FHIR error. */
  readonly operationOutcome?: ResourceOf<"OperationOutcome">;
  /** `Retry-After`, as it came. */
  readonly retryAfter?: string;
  /** `ETag`, as it came. */
  readonly etag?: string;
  /** The OAuth error code, in the server's words. */
  readonly error?: string;
  /** The OAuth error's description. Show it as text, never as HTML. */
  readonly errorDescription?: string;
  /** The OAuth error's address. */
  readonly errorUri?: string;
}
