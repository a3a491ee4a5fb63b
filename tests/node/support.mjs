// A server for services that the test controls: tokens, one job, and files.

import { createServer } from "node:http";

/**
 * Starts the server. `files` contains a handler `(request, response, origin)` for each path. The result has all `requests`, each with its
 * method, URL, host and whether it had a token, and the `forms` that the token endpoint received.
 */
export async function startServer({ manifest, files = {}, statuses = [] }) {
  const requests = [];
  const forms = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, host: headers.host, hasToken: headers.authorization !== undefined });
    const json = (status, body, more = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...more });
      response.end(JSON.stringify(body));
    };
    const { pathname } = new URL(url, origin);
    if (pathname === "/fhir/.well-known/smart-configuration") {
      return json(200, {
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        management_endpoint: `${origin}/manage`,
        token_endpoint_auth_signing_alg_values_supported: ["RS384", "ES384"],
      });
    }
    if (pathname === "/token") {
      forms.push(Object.fromEntries(new URLSearchParams(await textOf(request))));
      return json(200, { access_token: "t", token_type: "bearer", expires_in: 300 });
    }
    if (pathname.endsWith("/$export")) return json(202, {}, { "content-location": `${origin}/job` });
    if (pathname === "/job" && method === "DELETE") return json(202, {});
    if (pathname === "/job") return statuses.length > 0 ? json(202, {}, statuses.shift()) : json(200, manifest(origin));
    if (files[pathname]) return files[pathname](request, response, origin);
    return json(404, { resourceType: "OperationOutcome", issue: [{ diagnostics: "there is none" }] });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    fhirBase: `${origin}/fhir`,
    requests,
    forms,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text;
}

/** A store with a session at a FHIR base. `more` contains further members of its record. */
export function storeOf(fhirBase, more = {}) {
  const record = {
    server: `app ${fhirBase}`,
    clientId: "app",
    fhirBase,
    endpoints: { authorization: `${fhirBase}/authorize`, token: `${fhirBase}/token`, issuerInRedirect: false },
    requestedScope: "user/*.rs",
    accessToken: "made-for-this-test",
    context: {},
    ...more,
  };
  const texts = new Map([["smartrust.session.one", JSON.stringify(record)]]);
  return {
    get: (key) => texts.get(key),
    set: (key, text) => void texts.set(key, text),
    remove: (key) => void texts.delete(key),
    keys: () => [...texts.keys()],
  };
}

/** The configuration of the server of such a session. */
export const serverOf = (fhirBase) => ({ fhirBase, clientId: "app", scope: "user/*.rs", redirectUri: "https://app.example/" });
