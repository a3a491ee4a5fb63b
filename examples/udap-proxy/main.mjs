// Registers an app that users sign in to in a trust community, and starts the token proxy, which requests the assertions from this process. The
// key and the registration stay in this process and in its folder; the page only gets the client id.
//
//   node main.mjs --site dist --listen 127.0.0.1:8080
//
// The options are those of examples/token-proxy. The settings are environment variables: see README.md.

import { spawn } from "node:child_process";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, relative } from "node:path";
import { argv, env, exit, stderr, stdout } from "node:process";
import { discover } from "smartrust/backend";
import { UdapClient } from "smartrust/udap";

/** A setting, or its default. */
function setting(name, otherwise) {
  const value = env[name] || otherwise;
  if (value === undefined) throw new Error(`Set ${name}: README.md describes it.`);
  return value;
}

/** A setting that is the path of something private, which the proxy must not serve. */
function privatePath(name, site) {
  const path = realpathSync(setting(name));
  if (!relative(site, path).startsWith("..")) throw new Error(`${name} is in the site, whose files are public: move it elsewhere.`);
  return path;
}

/** A store whose entries are files in a folder. Their names are letters, digits, dots, hyphens and underscores. */
function fileStore(folder) {
  const file = (key) => join(folder, encodeURIComponent(key));
  const names = () => readdirSync(folder).map(decodeURIComponent);
  return {
    get: (key) => (names().includes(key) ? readFileSync(file(key), "utf8") : null),
    set: (key, text) => writeFileSync(file(key), text, { mode: 0o600 }),
    remove: (key) => rmSync(file(key), { force: true }),
    keys: (prefix) => names().filter((key) => key.startsWith(prefix)),
  };
}

/** Registers the app, or uses its registration. */
async function register(site) {
  const folder = setting("STATE_FOLDER");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const udap = await UdapClient.create({
    certificate: readFileSync(privatePath("CERTIFICATE_FILE", site), "utf8"),
    key: readFileSync(privatePath("KEY_FILE", site), "utf8"),
    communities: [{ uri: setting("COMMUNITY"), anchors: readFileSync(setting("ANCHORS_FILE"), "utf8") }],
    store: fileStore(privatePath("STATE_FOLDER", site)),
  });
  const server = await udap.discover(setting("FHIR_BASE"));
  const scope = setting("SCOPE");
  const isLasting = scope.split(" ").includes("offline_access");
  const registration = await server.register({
    clientName: setting("CLIENT_NAME"),
    contacts: [setting("CONTACT")],
    grantTypes: ["authorization_code", ...(isLasting ? ["refresh_token"] : [])],
    scope,
    redirectUris: [setting("REDIRECT_URI")],
    logoUri: setting("LOGO_URI"),
  });
  for (const { message } of [...udap.findings(), ...server.findings()]) stderr.write(`${message}\n`);
  return { registration, ...server.describe() };
}

/** The revocation endpoint of the server's SMART configuration, if it has the token endpoint's origin, to which assertions may go. */
async function revocationEndpoint(fhirBase, tokenEndpoint) {
  const { revocation_endpoint: found } = await discover(fhirBase).catch(() => ({}));
  return found && new URL(found).origin === new URL(tokenEndpoint).origin ? found : undefined;
}

/** Starts a service on this machine that returns the parameters which authenticate a request to one of these endpoints. */
async function startAuthenticator(registration, endpoints, token) {
  const expected = Buffer.from(`Bearer ${token}`);
  const isAllowed = (header = "") => header.length === expected.length && timingSafeEqual(Buffer.from(header), expected);
  const server = createServer(async (request, response) => {
    const respond = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.method !== "POST" || !isAllowed(request.headers.authorization)) return respond(403, {});
    let form = "";
    for await (const piece of request) form += piece;
    const endpoint = new URLSearchParams(form).get("endpoint");
    if (!endpoints.includes(endpoint)) return respond(400, {});
    try {
      respond(200, await registration.authenticate(endpoint));
    } catch (error) {
      // The message has no secret.
      stderr.write(`${error.message}\n`);
      respond(502, {});
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}/`;
}

async function main() {
  const options = argv.slice(2);
  const site = options[options.indexOf("--site") + 1];
  if (!options.includes("--site") || !site) throw new Error("Name the folder of the app's built files: --site dist.");
  const { registration, fhirBase, authorizationEndpoint, tokenEndpoint } = await register(realpathSync(site));
  const revocation = await revocationEndpoint(fhirBase, tokenEndpoint);
  const token = randomBytes(32).toString("base64url");
  const authenticator = await startAuthenticator(registration, [tokenEndpoint, revocation].filter(Boolean), token);
  const page = { fhirBase, clientId: registration.clientId, scope: registration.scope, redirectUri: setting("REDIRECT_URI") };
  stdout.write(`The page's server: ${JSON.stringify({ ...page, authorizationEndpoint, tokenEndpoint, tokenProxy: "/token-proxy" })}\n`);
  const { PATH, APP_ORIGIN } = env;
  const [command, ...more] = setting("TOKEN_PROXY", "token-proxy").split(" ");
  const proxy = spawn(command, [...more, ...options], {
    stdio: "inherit",
    // Nothing else of this environment.
    env: {
      ...(PATH && { PATH }),
      ...(env.HOME && { HOME: env.HOME }),
      ...(APP_ORIGIN && { APP_ORIGIN }),
      TOKEN_ENDPOINT: tokenEndpoint,
      ...(revocation && { REVOCATION_ENDPOINT: revocation }),
      CLIENT_ID: registration.clientId,
      AUTHENTICATOR: authenticator,
      AUTHENTICATOR_TOKEN: token,
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => proxy.kill(signal));
  proxy.on("error", () => fail(`${command} cannot be started: build it by cargo build --release -p token-proxy, and name it by TOKEN_PROXY.`));
  proxy.on("exit", (code) => exit(code ?? 0));
}

function fail(message) {
  stderr.write(`${message}\n`);
  exit(1);
}

main().catch((error) => fail(error.message));
