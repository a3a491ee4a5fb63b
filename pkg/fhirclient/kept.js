// What authorize() leaves for ready(), which fhirclient's apps call without a configuration: in sessionStorage, without a secret.

import { SmartError } from "../errors.js";

const key = "smartrust.fhirclient";

/**
 * Keeps what the page of the redirect needs: the record of a `server` and what it `lacks` (its secret or key, which is not kept) with
 * the address of its public keys (`jku`), or the `state` for an open server.
 */
export function keep(what) {
  try {
    sessionStorage.setItem(key, JSON.stringify(what));
  } catch (cause) {
    throw new SmartError(
      "storage_unavailable",
      "sessionStorage is needed to come back from the launch: allow it for this page.",
      { cause },
    );
  }
}

/** What was kept, if it is sound; else `null`. */
export function kept() {
  const { server, lacks, jku, state } = parsed() ?? {};
  if (isObject(state) && isAddress(state.serverUrl)) return { state };
  const isOwn = isObject(server) && isAddress(server.fhirBase) && isAddress(server.redirectUri);
  if (!isOwn || new URL(server.redirectUri).origin !== location.origin) return null;
  return { server, lacks, jku: isAddress(jku) ? jku : undefined };
}

function parsed() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAddress(value) {
  return typeof value === "string" && /^https?:/.test(value) && URL.canParse(value);
}
