import { SmartError } from "../errors.js";
import { IdTokenKey, challengeOf } from "./id-token.js";

const capabilities = [
  ...["launch-ehr", "launch-standalone", "client-public", "context-ehr-patient", "context-standalone-patient", "sso-openid-connect"],
  ...["permission-v1", "permission-v2", "permission-offline", "permission-patient", "permission-user"],
];

/** The handle of the EHR launch. */
const launchHandle = "test-launch";

/** The authorization server of a scripted server: it grants what was requested, or what the test says. */
export class AuthorizationServer {
  #options;
  #origin;
  #key = new IdTokenKey();
  #grants = new Map();
  #accessTokens = new Set();
  #count = 0;

  constructor(options) {
    this.#options = options;
    this.#origin = new URL(options.fhirBase).origin;
  }

  configuration() {
    return {
      issuer: this.#options.fhirBase,
      authorization_endpoint: `${this.#origin}/authorize`,
      token_endpoint: `${this.#origin}/token`,
      revocation_endpoint: `${this.#origin}/revoke`,
      jwks_uri: `${this.#origin}/jwks`,
      grant_types_supported: ["authorization_code", "refresh_token"],
      code_challenge_methods_supported: ["S256"],
      capabilities,
    };
  }

  /** The launch link of the EHR. */
  launchLink(page) {
    const url = new URL(page);
    url.searchParams.set("iss", this.#options.fhirBase);
    url.searchParams.set("launch", launchHandle);
    return url.href;
  }

  /** What the user's browser does with the authorization request: the redirect, with a code or the user's refusal. */
  authorize(url, { deny = false } = {}) {
    const { origin, pathname, searchParams } = new URL(url);
    if (`${origin}${pathname}` !== `${this.#origin}/authorize`) throw refused(`its URL is not ${this.#origin}/authorize`);
    const request = Object.fromEntries(searchParams);
    this.#check(request);
    const redirect = new URL(request.redirect_uri);
    redirect.searchParams.set("state", request.state);
    if (deny) redirect.searchParams.set("error", "access_denied");
    else redirect.searchParams.set("code", this.#grant(request));
    return redirect.href;
  }

  #check(request) {
    const { clientId, redirectUri, fhirBase } = this.#options;
    const expected = { response_type: "code", aud: fhirBase, code_challenge_method: "S256", client_id: clientId, redirect_uri: redirectUri };
    if (request.launch !== undefined) expected.launch = launchHandle;
    for (const [name, value] of Object.entries(expected)) {
      if (value !== undefined && request[name] !== value) throw refused(`${name} is "${request[name] ?? ""}" instead of "${value}"`);
    }
    for (const name of ["client_id", "redirect_uri", "state", "code_challenge"]) {
      if (!request[name]) throw refused(`it has no ${name}`);
    }
  }

  #grant(request) {
    const code = this.#next("code");
    const scope = this.#options.scope ?? request.scope;
    this.#grants.set(code, { ...request, scope });
    return code;
  }

  #next(kind) {
    this.#count += 1;
    return `test-${kind}-${this.#count}`;
  }

  jwks() {
    return this.#key.jwks();
  }

  /** The reply of the token endpoint to a form (RFC 6749 sections 4.1.3 and 6). */
  async token(form) {
    const isCode = form.grant_type === "authorization_code";
    const presented = isCode ? form.code : form.refresh_token;
    const grant = this.#grants.get(presented);
    if (!grant) return oauthError("the code or refresh token is unknown, or was used before");
    this.#grants.delete(presented);
    if (form.client_id !== undefined && form.client_id !== grant.client_id) return oauthError("another client requested the code");
    if (isCode && form.redirect_uri !== grant.redirect_uri) return oauthError("redirect_uri is not that of the authorization request");
    if (isCode && (await challengeOf(form.code_verifier ?? "")) !== grant.code_challenge) return oauthError("code_verifier does not fit code_challenge");
    return { status: 200, body: await this.#tokens(grant, isCode) };
  }

  async #tokens(grant, isCode) {
    const { patient, encounter, context, expiresIn } = this.#options;
    const granted = grant.scope.split(" ");
    const access_token = this.#next("access-token");
    this.#accessTokens.add(access_token);
    const launchContext = { ...(patient && { patient }), ...(encounter && { encounter }), ...context };
    const response = { access_token, token_type: "Bearer", expires_in: expiresIn, scope: grant.scope, ...launchContext };
    if (granted.includes("offline_access") || granted.includes("online_access")) {
      response.refresh_token = this.#next("refresh-token");
      this.#grants.set(response.refresh_token, grant);
    }
    if (isCode && granted.includes("openid")) response.id_token = await this.#key.sign(this.#claims(grant));
    return response;
  }

  #claims({ client_id, nonce }) {
    const { fhirBase, fhirUser, expiresIn } = this.#options;
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + expiresIn };
    const user = { sub: "test-user", ...(fhirUser && { fhirUser: `${fhirBase}/${fhirUser}` }) };
    return { iss: fhirBase, aud: client_id, ...times, ...user, ...(nonce && { nonce }) };
  }

  /** Whether a request has an access token that is valid. */
  accepts(authorization) {
    const [, token] = /^Bearer (.+)$/.exec(authorization ?? "") ?? [];
    return this.#accessTokens.has(token);
  }

  /** Makes all access tokens invalid. Refresh tokens stay valid. */
  invalidateAccessTokens() {
    this.#accessTokens.clear();
  }

  /** Revokes a token (RFC 7009). */
  revoke({ token }) {
    this.#accessTokens.delete(token);
    this.#grants.delete(token);
    return { status: 200 };
  }
}

function oauthError(error_description) {
  return { status: 400, body: { error: "invalid_grant", error_description: `scriptedServer: ${error_description}.` } };
}

/** The error for an authorization request that a server would answer with an error page. */
function refused(reason) {
  const message = `scriptedServer refuses the authorization request: ${reason}. Correct the app's configuration or the server's options.`;
  return new SmartError("authorization_failed", message, { error: "invalid_request" });
}
