// fhirclient's public API on top of this package, for apps that were written for it.

import { Client } from "./fhirclient/client.js";
import { FhirClient } from "./fhirclient/fhir-client.js";
import { authorize, init, ready } from "./fhirclient/oauth2.js";
import { settings } from "./fhirclient/settings.js";

export { SmartError } from "./errors.js";
export { Client, FhirClient };

export const oauth2 = { settings, authorize, ready, init };

export const AbortController = globalThis.AbortController;

export function client(stateOrAddress) {
  return new Client(stateOrAddress);
}

export default { AbortController, client, FhirClient, oauth2 };
