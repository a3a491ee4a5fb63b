// What a service does that has no user: it registers its key, gets a token by it, and reads. Browsers' workers, Node, Deno and Bun run it.

import { BackendClient, Keys, SmartApp, SmartError, register } from "smartrust";

const scope = "system/*.rs";

/** What came of it, as plain data. */
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
    // An app for people finds the server here, too, and says that there is no page to lead them away from.
    launch: await codeOf(app.launch()),
    sessions: (await app.sessions()).length,
  };
}

/** The code by which a call of this package rejects. */
async function codeOf(promise) {
  const error = await promise.catch((error) => error);
  return error instanceof SmartError ? error.code : `no SmartError: ${error}`;
}
