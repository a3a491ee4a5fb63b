// "SMART Protected Dynamic Client Registration", a draft: with the access token of a launch, a browser registers a client with its own
// key, and then gets access tokens for assertions. oidc-provider checks the registration and issues the tokens; jose verifies the assertions.

import { createLocalJWKSet, jwtVerify } from "jose";
import { errors } from "oidc-provider";

export const registerScope = "system/DynamicClient.register";
const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const longestLife = 300;

/** The additional settings of the provider. */
export const settings = {
  registration: { initialAccessToken: true, policies: { own_client: onlyKeyAndSoftware } },
  extraClientMetadata: { properties: ["software_id"] },
};

/**
 * Lets an access token with the scope register a client, and issues tokens for the client's assertions. `contexts` has the launch context
 * of each grant. `kept` gets the grant of each client, and `assertions` each verified assertion's header and claims.
 */
export function addOwnClients(provider, { contexts, kept, assertions }) {
  provider.registerGrantType(jwtBearer, (ctx) => exchange(ctx, kept, assertions), ["assertion", "scope"]);
  provider.use(async (ctx, next) => {
    await next();
    const done = `${ctx.oidc?.route} ${ctx.status}`;
    if (done === "token 200") await allowRegistration(ctx.oidc);
    if (done === "registration 201") await handOver(ctx.oidc, contexts, kept);
    if (done === "client_delete 204") await end(provider, kept, ctx.oidc.client.clientId);
  });
}

/** Ends every connection, as a clinic does. The clients stay registered. */
export async function endAll(provider, kept) {
  for (const clientId of kept.keys()) await end(provider, kept, clientId);
}

async function end(provider, kept, clientId) {
  const connection = kept.get(clientId);
  kept.delete(clientId);
  if (connection) await provider.AccessToken.revokeByGrantId(connection.grantId);
}

/** The access token is an initial access token, too. */
async function allowRegistration({ provider, entities: { AccessToken: token } }) {
  if (!token.scopes.has(registerScope)) return;
  await new provider.InitialAccessToken({ jti: token.jti, policies: ["own_client"], expiresIn: token.expiration }).save();
}

/** The policy of a registration: the server takes the key and the software's id, and decides about everything else. */
async function onlyKeyAndSoftware(ctx, properties) {
  const { provider } = ctx.oidc;
  const { clientId } = await provider.AccessToken.find(ctx.oidc.getAccessToken());
  const { software_id } = await provider.Client.find(clientId);
  if (!software_id || properties.software_id !== software_id) throw new errors.InvalidClientMetadata("the software_id is not the app's");
  const { client_id, client_id_issued_at, jwks } = properties;
  for (const name of Object.keys(properties)) delete properties[name];
  Object.assign(properties, { client_id, client_id_issued_at, jwks, software_id });
  Object.assign(properties, { token_endpoint_auth_method: "none", grant_types: [jwtBearer], response_types: [], redirect_uris: [] });
}

/** What the user granted to the app belongs to the new client. All tokens of the launch are revoked. */
async function handOver({ provider, client, entities }, contexts, kept) {
  const { accountId, grantId, scope } = await provider.AccessToken.find(entities.InitialAccessToken.jti);
  const scopes = scope.split(" ").filter((name) => name !== registerScope && name !== "offline_access");
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scopes.join(" "));
  const newGrantId = await grant.save();
  contexts.set(newGrantId, contexts.get(grantId));
  kept.set(client.clientId, { accountId, grantId: newGrantId, scope: scopes.join(" ") });
  await provider.AccessToken.revokeByGrantId(grantId);
  await entities.InitialAccessToken.destroy();
}

/** Issues an access token for an assertion. */
async function exchange(ctx, kept, assertions) {
  const { client, params, provider } = ctx.oidc;
  const { protectedHeader, payload } = await verify(ctx).catch((error) => {
    throw new errors.InvalidGrant(error.message, undefined, { cause: error });
  });
  if (!(await provider.ReplayDetection.unique(client.clientId, payload.jti, payload.exp))) {
    throw new errors.InvalidGrant("the assertion was used before");
  }
  assertions.push({ header: protectedHeader, claims: payload, form: { ...ctx.oidc.body } });
  const connection = kept.get(client.clientId);
  if (!connection) throw new errors.InvalidGrant("the connection was ended");
  const { accountId, grantId, scope } = connection;
  if (params.scope?.split(" ").some((name) => !scope.split(" ").includes(name))) throw new errors.InvalidScope("more than was granted");
  const token = new provider.AccessToken({ accountId, client, grantId, gty: jwtBearer, scope: params.scope ?? scope });
  ctx.oidc.entity("AccessToken", token);
  ctx.body = { access_token: await token.save(), expires_in: token.expiration, scope: token.scope, token_type: token.tokenType };
}

/** Verifies the assertion's signature with the registered key, and its claims. */
async function verify(ctx) {
  const { client, params } = ctx.oidc;
  const verified = await jwtVerify(params.assertion ?? "", createLocalJWKSet(client.jwks), {
    algorithms: ["RS256", "RS384", "ES256", "ES384"],
    issuer: client.clientId,
    subject: client.clientId,
    audience: ctx.oidc.urlFor("token"),
    requiredClaims: ["exp", "jti"],
  });
  if (verified.payload.exp > Date.now() / 1000 + longestLife) throw new Error("the assertion lives for more than five minutes");
  return verified;
}
