// What a session reports: the user, the scopes, the launch context, and what happened to its tokens.

import type { SmartError, SmartErrorCode } from "./errors.js";
import type { Abortable } from "./fhir.js";
import type { ResourceOf } from "./resources.js";

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
  /** A string, often JSON, that a task or a CDS Hooks card passes to the app. Another system may have written it, so check it. */
  appContext?: string;
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

/** Options of an app state. */
export interface StateOptions {
  /**
   * The patient or user whose state it is: a reference such as `Practitioner/1`, or `session.patient` or `session.fhirUser`. Without it, the
   * state is for the app as a whole. If `subject` is `undefined`, `state()` throws, so that the state of an unknown user is not that of the app.
   */
  subject?: string | { reference: string };
  /**
   * The origin of the server's endpoint for app state, if it is not that of the FHIR base, such as `https://state.ehr.example`. The access token is
   * only sent there if you name it; otherwise calls reject with `foreign_url`.
   */
  origin?: string;
}

/** One value of an app state. */
export interface StateExtension {
  /** The URL that the app chose for the value. */
  url: string;
  /** The value, for example JSON. */
  valueString: string;
}

/**
 * A small amount of the app's data, with one code and subject, on the server (SMART App Launch 2.2, app state).
 *
 * ```js
 * const url = "https://app.example/preferences";
 * const state = session.state("https://app.example|preferences", { subject: session.fhirUser });
 * const stored = (await state.get())?.extension?.find((extension) => extension.url === url);
 * const preferences = stored ? JSON.parse(stored.valueString) : { view: "labs" };
 * await state.set([{ url, valueString: JSON.stringify({ ...preferences, view: "vitals" }) }]);
 * ```
 */
export interface AppState {
  /**
   * Returns the state, or `null` if there is none. If the server has several, returns the first. Check the values: another app may have written them.
   *
   * Rejects with `not_offered` if the server does not support app state.
   */
  get(options?: Abortable): Promise<ResourceOf<"Basic"> | null>;
  /**
   * Replaces the values, and returns the stored resource. It never overwrites a state that this object has not read or stored: it rejects with
   * `conflict`, and the error's `current` is the state on the server, or `undefined` if it was deleted. Merge the two, and call it again.
   *
   * Rejects with `invalid_app_state` for more than 256 kB, and for an extension that is not a `url` with a `valueString`.
   */
  set(extension: StateExtension[], options?: Abortable): Promise<ResourceOf<"Basic">>;
  /** Deletes the state that was read last, or the one on the server if none was read. Rejects with `conflict` if it was changed since it was read. */
  delete(options?: Abortable): Promise<void>;
}

/** A task that asks a user to launch an app (SMART App Launch 2.2, task profile for requesting SMART launch). */
export interface LaunchTask {
  /** Whether the EHR launches the app, with its launch context, or the app launches by itself. */
  kind: "ehr" | "standalone";
  /** The app's URL; absent if the task has none that is safe to link to. */
  url?: string;
  /** The reference to the patient, as the server wrote it. */
  patient?: string;
  /** The reference to the encounter, as the server wrote it. */
  encounter?: string;
  /** What the EHR passes to the app as `context.appContext`. */
  appContext?: string;
  /** The whole Task. */
  task: ResourceOf<"Task">;
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
