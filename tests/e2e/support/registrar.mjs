// A FHIR server at which browsers register clients with keys of their own: after a launch, as Epic, or before it, as WebChart.

import { createPublicKey, verify } from "node:crypto";
import { startAttacker } from "./attacker.mjs";

/** The grant of a key. */
export const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const json = (body, status = 200) => ({ status, body: JSON.stringify(body) });

/** Whether a key of a registration signed an assertion. */
export function isSignedBy({ jwks }, assertion) {
  const [header, claims, signature] = assertion.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url"));
  const jwk = jwks.keys.find((key) => key.kid === kid);
  return verify("sha384", Buffer.from(`${header}.${claims}`), createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(signature, "base64url"));
}

/** Starts a server. With `registersAll`, everybody may register a client; otherwise only with the token of a launch. */
export async function startRegistrar({ registersAll = false } = {}) {
  let issued = 0;
  const requests = (path) => server.received.filter((request) => request.path === path && request.method !== "OPTIONS");
  const forms = () => requests("/token").map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  const registrations = () => requests("/register").map(({ body }) => JSON.parse(body));
  const register = () => {
    const [request] = requests("/register").slice(-1);
    if (!registersAll && request.headers.authorization !== "Bearer initial-token") return json({ error: "invalid_token" }, 401);
    const client_id = `own-${requests("/register").length}`;
    if (!registersAll) return json({ client_id, grant_types: [jwtBearer], token_endpoint_auth_method: "none" }, 201);
    const management = { registration_access_token: `management-token-${client_id}`, registration_client_uri: `${server.origin}/clients/${client_id}` };
    return json({ ...JSON.parse(request.body), client_id, ...management }, 201);
  };
  const tokens = () => {
    const form = forms().at(-1);
    const granted = { token_type: "bearer", expires_in: 3600, patient: "the-patient", scope: "launch/patient patient/*.rs" };
    if (form.grant_type === "authorization_code" && !registersAll) {
      return json({ ...granted, access_token: "initial-token", scope: `${granted.scope} system/DynamicClient.register` });
    }
    const assertion = form.client_assertion ?? form.assertion;
    if (!registrations().some((registration) => isSignedBy(registration, assertion))) return json({ error: "invalid_grant" }, 400);
    issued += 1;
    return json({ ...granted, access_token: `own-token-${issued}`, ...(registersAll && { refresh_token: `refresh-token-${issued}` }) });
  };
  const server = await startAttacker({
    "/fhir/.well-known/smart-configuration": () =>
      json({
        authorization_endpoint: `${server.origin}/authorize`,
        token_endpoint: `${server.origin}/token`,
        registration_endpoint: `${server.origin}/register`,
        revocation_endpoint: `${server.origin}/revoke`,
      }),
    "/register": register,
    "/token": tokens,
    "/fhir/Patient/the-patient": () => json({ resourceType: "Patient", id: "the-patient", birthDate: "1970-02-03" }),
  });
  const config = { fhirBase: `${server.origin}/fhir`, clientId: "app", scope: "launch/patient patient/*.rs" };
  return {
    ...server,
    config: { ...config, ...(registersAll ? { openRegistration: true } : { softwareId: "software" }) },
    requests,
    forms,
    registrations,
  };
}
