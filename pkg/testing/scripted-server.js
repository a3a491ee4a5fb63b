import { AuthorizationServer } from "./authorization-server.js";
import { unlessAborted } from "./abort.js";
import { checkNames, invalid, unscripted } from "./errors.js";
import { requestOf, responseOf } from "./http.js";
import { atUrl } from "./page.js";
import { bundleOf } from "./pages.js";
import { Resources } from "./resources.js";

const names = ["fhirBase", "clientId", "redirectUri", "patient", "encounter", "fhirUser", "context", "scope", "expiresIn", "resources"];

export function scriptedServer(options = {}) {
  checkNames("scriptedServer", options, names);
  return new ScriptedServer(options);
}

class ScriptedServer {
  requests = [];
  #base;
  #authorization;
  #resources;
  #replies = [];
  #errors = [];

  constructor({ fhirBase = "https://ehr.test/fhir", expiresIn = 3600, resources, ...options }) {
    this.#base = fhirBase.replace(/\/$/, "");
    this.#authorization = new AuthorizationServer({ fhirBase, expiresIn, ...options });
    this.#resources = new Resources(resources);
  }

  get fhirBase() {
    return this.#base;
  }

  fetch = async (input, init) => {
    const { request, authorization } = await requestOf(input, init);
    this.requests.push(request);
    const signal = init?.signal ?? undefined;
    const { offline, ...reply } = await unlessAborted(signal, () => this.#replyTo(request, authorization));
    if (offline) throw new TypeError("scriptedServer is offline for this request.");
    return responseOf(reply);
  };

  reply(method, path, reply, { times = Infinity } = {}) {
    this.#replies.unshift({ method: method.toUpperCase(), url: this.#address(path), reply, times });
    return this;
  }

  /** The absolute URL of a path that is relative to the FHIR base. */
  #address(path) {
    return new URL(path, `${this.#base}/`).href;
  }

  /** The reply to a request. If it cannot be made, the test is wrong, and not the network. */
  async #replyTo(request, authorization) {
    try {
      return await this.#findReply(request, authorization);
    } catch (error) {
      return this.#report(error);
    }
  }

  async #findReply(request, authorization) {
    const { method, url, parameters } = request;
    const address = url.replace(/[?#].*/, "");
    const isMatch = (reply) => reply.times > 0 && reply.method === method && (reply.url === address || reply.url === url);
    const scripted = this.#replies.find(isMatch);
    if (scripted) {
      scripted.times -= 1;
      const given = typeof scripted.reply === "function" ? await scripted.reply(request) : scripted.reply;
      if (given !== undefined) return replyOf(given, request);
    }
    return this.#endpoint(method, address, parameters) ?? this.#fhir(request, address, authorization);
  }

  /** The reply of one of the endpoints of discovery and authorization. */
  #endpoint(method, address, parameters) {
    const { token_endpoint, revocation_endpoint, jwks_uri } = this.#authorization.configuration();
    switch (`${method} ${address}`) {
      case `GET ${this.#address(".well-known/smart-configuration")}`:
        return { body: this.#authorization.configuration() };
      case `POST ${token_endpoint}`:
        return this.#authorization.token(Object.fromEntries(parameters));
      case `POST ${revocation_endpoint}`:
        return this.#authorization.revoke(Object.fromEntries(parameters));
      case `GET ${jwks_uri}`:
        return this.#authorization.jwks().then((body) => ({ body }));
      default:
        return undefined;
    }
  }

  #fhir(request, address, authorization) {
    if (!address.startsWith(`${this.#base}/`)) return this.#unanswered(request);
    if (!this.#authorization.accepts(authorization)) return { status: 401, body: outcome("login", "The access token is missing or not valid.") };
    const [type, id, ...more] = address.slice(this.#base.length + 1).split("/");
    const isSearch = (request.method === "GET" && id === undefined) || (request.method === "POST" && id === "_search");
    const found = isSearch ? this.#resources.search(type) : request.method === "GET" && more.length === 0 && this.#resources.read(type, id);
    if (!found) return this.#unanswered(request);
    return { body: isSearch ? bundleOf(found) : found };
  }

  /** Reports a request without a reply. */
  #unanswered({ method, url }) {
    const isFhir = url.startsWith(`${this.#base}/`);
    const address = isFhir ? url : url.replace(/[?#].*/, "");
    const scripting = `call server.reply("${method}", …). ${this.#resources}`;
    const cause = isFhir ? "add the resource to the server's resources" : `its FHIR base is ${this.#base}. Configure the app with it`;
    const remedy = `${cause}, or ${scripting}`;
    return this.#report(unscripted(method, address, remedy));
  }

  /** Keeps an error for `verify`. The reply has the status 501, after which the client does not try again. */
  #report(error) {
    this.#errors.push(error);
    console.error(error.message);
    return { status: 501, body: outcome("not-supported", error.message) };
  }

  authorize(url, options) {
    return this.#authorization.authorize(url, options);
  }

  launchLink(page = globalThis.location?.href) {
    if (page === undefined) throw invalid("This test environment has no page: call launchLink with the URL of the app.");
    return this.#authorization.launchLink(page);
  }

  async launch(app, { ehr = false, ...options } = {}) {
    const request = () => this.#authorizationUrl(app, options);
    const url = ehr ? await atUrl(this.launchLink(), request) : await request();
    return atUrl(this.authorize(url), () => app.resume());
  }

  async #authorizationUrl(app, options) {
    const before = this.requests.length;
    try {
      return await app.authorizationUrl(options);
    } catch (error) {
      const isUsed = this.requests.length > before || globalThis.fetch === this.fetch;
      if (isUsed) throw error;
      throw invalid("The scripted server received no request: set globalThis.fetch = server.fetch before the launch.");
    }
  }

  invalidateAccessTokens() {
    this.#authorization.invalidateAccessTokens();
  }

  verify() {
    const [error] = this.#errors.splice(0);
    if (error) throw error;
  }
}

/** A reply from what the test gives: a reply, a resource, or an array of resources for a search. */
function replyOf(given, { method, url }) {
  if (Array.isArray(given)) return { body: bundleOf(given) };
  if (given?.resourceType) return { body: given };
  const isReply = given !== null && typeof given === "object" && ["status", "headers", "body", "offline"].some((name) => name in given);
  if (isReply) return given;
  const usable = "a resource, an array of resources, { status, headers, body }, or { offline: true }";
  throw invalid(`The reply to ${method} ${url.replace(/[?#].*/, "")} is not usable: return ${usable}.`);
}

function outcome(code, diagnostics) {
  return { resourceType: "OperationOutcome", issue: [{ severity: "error", code, diagnostics }] };
}
