// A backend service: it registers its key, gets a token, reads and exports. It runs in web workers, Node, Deno and Bun.

import { BackendClient, Keys, SmartApp, SmartError, register } from "smartrust";

const scope = "system/*.rs";

/** Runs the service, and returns the results as plain data. */
export async function report(fhirBase) {
  const key = await Keys.generate("ES384");
  const { clientId } = await register(fhirBase, {
    client_name: "A service",
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "private_key_jwt",
    jwks: key.jwks,
    scope,
  });
  const client = new BackendClient({ fhirBase, clientId, scope, key });
  const { id, birthDate } = await client.read("Patient/1");
  const job = await client.startExport({ types: ["Patient"], level: "patient" });
  let exported = 0;
  for await (const { resourceType } of job.resources()) if (resourceType === "Patient") exported += 1;
  const app = new SmartApp({ fhirBase, clientId: "app", scope: "openid", redirectUri: "http://localhost/" });
  return {
    id,
    birthDate,
    exported,
    missing: await codeOf(client.read("Patient/none")),
    // A SmartApp discovers the server here, too, and reports that there is no page that could navigate.
    launch: await codeOf(app.launch()),
    sessions: (await app.sessions()).length,
  };
}

/** The error code of a call that rejects. */
async function codeOf(promise) {
  const error = await promise.catch((error) => error);
  return error instanceof SmartError ? error.code : `no SmartError: ${error}`;
}
