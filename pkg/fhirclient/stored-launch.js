// Stores the configuration of a launch for ready(), which fhirclient's apps call without one: in sessionStorage, without a secret.

import { SmartError } from "../errors.js";

const key = "smartrust.fhirclient";

/**
 * Stores a launch: the `server`, the name of the credential that it `lacks`, because credentials are not stored, and the URL of its
 * public keys (`jku`); or the `state` for an open server.
 */
export function storeLaunch(launch) {
  try {
    sessionStorage.setItem(key, JSON.stringify(launch));
  } catch (cause) {
    throw new SmartError(
      "storage_unavailable",
      "sessionStorage is needed to come back from the launch: allow it for this page.",
      { cause },
    );
  }
}

/** The stored launch; `null` if there is none, or it is damaged. */
export function storedLaunch() {
  const { server, lacks, jku, state } = read() ?? {};
  if (isObject(state) && isHttpUrl(state.serverUrl)) return { state };
  const isOwn = isObject(server) && isHttpUrl(server.fhirBase) && isHttpUrl(server.redirectUri);
  if (!isOwn || new URL(server.redirectUri).origin !== location.origin) return null;
  return { server, lacks, jku: isHttpUrl(jku) ? jku : undefined };
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHttpUrl(value) {
  return typeof value === "string" && /^https?:/.test(value) && URL.canParse(value);
}
