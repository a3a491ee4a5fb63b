import { SmartError } from "../errors.js";
import { once } from "../loading.js";
import { absolute } from "./interaction.js";
import { withFhirclientErrors } from "./fhirclient-errors.js";
import { resolvePaths } from "./references.js";
import { OpenServer } from "./servers.js";
import { unsupported } from "./unsupported.js";

/** Options that do not change a request, because every request behaves like this. None uses a cache. */
const withoutEffect = { mode: ["cors"], credentials: ["same-origin", "omit"], cache: ["default", "no-store", "no-cache", "reload"], redirect: ["follow"] };

/** fhirclient's FhirClient: a client of one FHIR server. */
export class FhirClient {
  #server;
  #capabilities = once(() => this.fhirRequest("metadata"));

  constructor(fhirBaseUrl, server = new OpenServer(fhirBaseUrl)) {
    this.#server = withFhirclientErrors(server);
    this.fhirBaseUrl = fhirBaseUrl;
  }

  async fhirRequest(url, options) {
    const { includeResponse, ...request } = requestOf({ ...options, url }, this.#server.base);
    const reply = await this.#send(request);
    const body = reply.resource ?? (await this.#readCreated(reply, request));
    if (includeResponse) return { body, response: responseOf(reply) };
    return body === undefined ? responseOf(reply) : body;
  }

  async create(resource, options) {
    return this.fhirRequest(resource.resourceType, { ...options, method: "POST", body: resource });
  }

  async update(resource, options) {
    return this.fhirRequest(`${resource.resourceType}/${resource.id}`, { ...options, method: "PUT", body: resource });
  }

  async patch(url, patch, options) {
    if (!Array.isArray(patch) || patch.length === 0) {
      throw new SmartError("invalid_patch", "The patch is not a JSON Patch: pass an array of at least one operation (RFC 6902).");
    }
    const headers = new Headers(options?.headers);
    headers.set("content-type", "application/json-patch+json");
    return this.fhirRequest(url, { ...options, headers, method: "PATCH", body: patch });
  }

  async delete(url, options) {
    return this.fhirRequest(url, { ...options, method: "DELETE" });
  }

  async request(request, options = {}) {
    const { signal, includeResponse, ...parts } = requestOf(request, this.#server.base);
    const sent = { ...parts, signal: signal ?? options.signal };
    const settings = fhirOptionsOf(options);
    const first = await this.#send(sent);
    const found = {};
    const resolver = this.#server.resolver({ headers: sent.headers, signal: sent.signal });
    const { paths, graph } = settings;
    const resolve = async (resource) => {
      const isResource = typeof resource === "object" && resource !== null;
      if (isResource && paths.length > 0) await resolvePaths(resource, paths, { resolver, graph, found });
    };
    const body = first.resource ?? (await this.#readCreated(first, sent));
    if (!isBundle(body)) await resolve(body);
    const result = isBundle(body) ? await this.#pages(body, sent, settings, { resolve, found }) : body;
    const isSeparate = !graph && paths.length > 0 && result !== null && result !== undefined;
    const complete = isSeparate ? { data: result, references: found } : result;
    if (includeResponse) return { body: complete, response: responseOf(first) };
    return complete === undefined ? responseOf(first) : complete;
  }

  /** The pages up to the limit, as an array, or one by one to `onPage`. */
  async #pages(first, request, { pageLimit, flat, onPage }, { resolve, found }) {
    const results = [];
    let count = 0;
    for await (const bundle of this.#followingPages(first, request)) {
      await resolve(bundle);
      const page = flat ? (bundle.entry ?? []).map(({ resource }) => resource) : bundle;
      if (onPage) await onPage(page, { ...found });
      else results.push(page);
      count += 1;
      if (count === pageLimit) break;
    }
    if (onPage) return null;
    if (pageLimit === 1) return results[0];
    return flat ? results.flat() : results;
  }

  /** A Bundle and the following pages, with the headers of the first request. */
  async *#followingPages(first, { url, headers, signal }) {
    const seen = new Set();
    let page = { bundle: first, url };
    while (isBundle(page.bundle)) {
      seen.add(page.url.href);
      yield page.bundle;
      const next = nextOf(page);
      if (!next) return;
      if (seen.has(next.href)) {
        throw new SmartError("page_cycle", "The links between the pages of the search form a cycle: contact the server's operator.");
      }
      page = { bundle: (await this.#send({ url: next, headers, signal })).resource, url: next };
    }
  }

  /** Reads a resource that the server created, if the response does not contain it. */
  async #readCreated({ status, location }, { headers, signal }) {
    if (status !== 201 || !location) return undefined;
    try {
      const { accept } = Object.fromEntries(new Headers(headers));
      const url = absolute(location, this.#server.base);
      return (await this.#send({ url, headers: accept ? { accept } : undefined, signal })).resource;
    } catch {
      // The resource was created. After an error, the caller would create it again.
      return undefined;
    }
  }

  async *pages(bundleOrUrl, { limit = Infinity, ...options } = {}) {
    const hasBundle = isBundle(bundleOrUrl);
    const request = requestOf({ ...options, url: hasBundle ? this.#server.base : bundleOrUrl }, this.#server.base);
    const first = hasBundle ? bundleOrUrl : (await this.#send(request)).resource;
    let count = 0;
    for await (const bundle of this.#followingPages(first, request)) {
      yield bundle;
      count += 1;
      if (count >= limit || request.signal?.aborted) return;
    }
  }

  async *resources(bundleOrUrl, { limit = Infinity, ...options } = {}) {
    let count = 0;
    for await (const bundle of this.pages(bundleOrUrl, options)) {
      for (const { resource } of bundle.entry ?? []) {
        if (count >= limit) return;
        count += 1;
        yield resource;
      }
    }
  }

  async resolveReferences(resource, references, options) {
    await resolvePaths(resource, [references].flat(), { resolver: this.#resolver(options), graph: true });
  }

  async getReferences(resource, references, options) {
    return resolvePaths(resource, [references].flat(), { resolver: this.#resolver(options), graph: false });
  }

  #resolver(options) {
    const { headers, signal } = optionsOf(options);
    return this.#server.resolver({ headers, signal });
  }

  async getFhirVersion() {
    return (await this.#capabilities()).fhirVersion;
  }

  async getFhirRelease() {
    const [major, minor] = String(await this.getFhirVersion())
      .split(".")
      .map(Number);
    if (major === 0 || (major === 1 && minor === 0)) return 2;
    if (major === 1) return 3;
    if (major === 3 && minor > 0) return 4;
    return major || 0;
  }

  async #send(request) {
    return this.#server.send(request);
  }
}

/** The parts of a request. */
function requestOf(request, base) {
  const isUrl = typeof request === "string" || request instanceof URL;
  const { url, ...options } = isUrl ? { url: request } : (request ?? {});
  return { url: absolute(url, base), ...optionsOf(options) };
}

/** The options of a request. An unknown one is an error. */
function optionsOf({ method, headers, body, signal, includeResponse = false, ...others } = {}) {
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined && !withoutEffect[name]?.includes(value)) {
      throw unsupported(`The request's ${name}`, "use url, method, headers, body, signal or includeResponse.");
    }
  }
  return { method: method?.toUpperCase(), headers, body: body ?? undefined, signal: signal ?? undefined, includeResponse };
}

function fhirOptionsOf({
  pageLimit,
  onPage,
  flat = false,
  graph = true,
  resolveReferences = [],
  useRefreshToken = true,
  signal: _,
  ...others
}) {
  const [unknown] = Object.keys(others);
  if (unknown) throw unsupported(`The option ${unknown}`, "see FhirOptions for the supported options.");
  if (!useRefreshToken) {
    throw unsupported(
      "useRefreshToken: false",
      "the session refreshes its token itself. To get no refresh token, do not request offline_access.",
    );
  }
  return { pageLimit: pageLimit ?? 1, onPage, flat, graph: graph !== false, paths: [resolveReferences].flat() };
}

function isBundle(resource) {
  return resource?.resourceType === "Bundle";
}

function nextOf({ bundle, url }) {
  const next = bundle.link?.find((link) => link.relation === "next" && typeof link.url === "string")?.url;
  if (!next) return undefined;
  if (URL.canParse(next, url)) return new URL(next, url);
  throw new SmartError("invalid_url", "The link to the next page is not a URL: contact the server's operator.");
}

/** The `Response` that fhirclient would return, with the headers that the session reports. */
function responseOf({ status, etag, location, lastModified, resource, content }) {
  if (content) return content;
  const known = { etag, location, "last-modified": lastModified, "content-type": resource && "application/fhir+json" };
  const headers = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return new Response(resource === undefined ? null : JSON.stringify(resource), { status, headers });
}
