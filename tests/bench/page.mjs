// Both clients in one page, with the same sandbox and token.

import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const peerFile = fileURLToPath(new URL("node_modules/fhirclient/build/fhir-client.pure.min.js", import.meta.url));

/** An access token for all data, by client credentials with the benchmark's key. */
export async function systemToken(ehr, keyFile) {
  const endpoint = `${ehr}/oauth/token/`;
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const client = "MIE-localhost-key";
  const exp = Math.floor(Date.now() / 1000) + 120;
  const claims = { iss: client, sub: client, aud: endpoint, exp, jti: randomUUID() };
  const input = `${part({ alg: "RS384", typ: "JWT", kid: "bench" })}.${part(claims)}`;
  const signature = sign("sha384", Buffer.from(input), createPrivateKey(readFileSync(keyFile))).toString("base64url");
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    scope: "system/*.rs",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: `${input}.${signature}`,
  });
  const tokens = await (await fetch(endpoint, { method: "POST", body })).json();
  if (!tokens.access_token) throw new Error(`The sandbox returned no token: ${JSON.stringify(tokens)}`);
  return tokens.access_token;
}

/** Opens a page in which `ours` is a session of smartrust and `peer` a client of fhirclient, for the same patient. */
export async function openPage(context, { appOrigin, ehr, token, patient }) {
  const page = await context.newPage();
  const fhirBase = `${ehr}/fhir`;
  const server = { fhirBase, clientId: "plain-html", redirectUri: `${appOrigin}/plain-html/`, scope: "user/*.rs" };
  // A URL of the origin without scripts.
  await page.goto(`${appOrigin}/pkg/package.json`);
  await page.addScriptTag({ path: peerFile });
  await page.evaluate(
    async ({ server, token, patient, ehr }) => {
      // A session as a launch stores it, but with a token that a launch does not return.
      const record = {
        server: `${server.clientId} ${server.fhirBase}`,
        clientId: server.clientId,
        fhirBase: server.fhirBase,
        endpoints: { authorization: `${ehr}/oauth/authenticate/`, token: `${ehr}/oauth/token/`, issuerInRedirect: false },
        requestedScope: server.scope,
        accessToken: token,
        context: { patient },
      };
      sessionStorage.setItem("smartrust.session.bench", JSON.stringify(record));
      const { SmartApp } = await import("/pkg/index.js");
      [window.ours] = await new SmartApp({ server }).sessions();
      window.peer = FHIR.client({ serverUrl: server.fhirBase, tokenResponse: { access_token: token, patient } });
      window.timed = async (body) => {
        const start = performance.now();
        await body();
        return performance.now() - start;
      };
      if (!window.ours) throw new Error("The session was not taken.");
    },
    { server, token, patient, ehr },
  );
  return page;
}
