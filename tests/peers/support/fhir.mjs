// A minimal FHIR API of the EHR: patients, and heart rates in pages of two.

import { observations, patients } from "./people.mjs";

const pageSize = 2;

const headers = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "Authorization, Accept, Content-Type",
  "cache-control": "no-store",
};

/** Handles requests below `base`. `findToken` returns the authorization server's access token, or undefined. */
export function fhirApi({ base, smartConfiguration, findToken }) {
  // Page URLs are opaque, as on real servers.
  const pages = new Map();

  return async (request, response) => {
    const { status, body } = await respond(request);
    response.writeHead(status, { ...headers, "content-type": "application/fhir+json" });
    response.end(body && JSON.stringify(body));
  };

  async function respond(request) {
    if (request.method === "OPTIONS") return { status: 204 };
    const { pathname, searchParams } = new URL(request.url, base);
    const path = pathname.slice(new URL(base).pathname.length + 1);
    if (path === ".well-known/smart-configuration") return { status: 200, body: await smartConfiguration() };
    const token = await findToken(request.headers.authorization?.match(/^Bearer (.+)$/)?.[1]);
    if (!token) return refusal(401, "login", "The access token is missing or invalid.");
    if (!token.scopes.has("patient/*.rs")) return refusal(403, "forbidden", "The scope does not cover it.");
    return path === "Observation" ? search(token.extra.patient, searchParams) : read(token.extra.patient, path);
  }

  function read(patient, path) {
    if (path !== `Patient/${patient}`) return refusal(403, "forbidden", "This is not the patient of the launch.");
    return { status: 200, body: patients.find(({ id }) => id === patient) };
  }

  function search(patient, parameters) {
    const page = parameters.get("page");
    if (page ? !pages.has(page) : parameters.get("patient") !== patient) {
      return refusal(403, "forbidden", "This is not the patient of the launch.");
    }
    const found = observations.filter(({ subject }) => subject.reference === `Patient/${patient}`);
    const first = pages.get(page) ?? 0;
    const entry = found.slice(first, first + pageSize).map((resource) => ({ resource, search: { mode: "match" } }));
    const link = first + pageSize < found.length ? [{ relation: "next", url: pageFrom(first + pageSize) }] : [];
    return { status: 200, body: { resourceType: "Bundle", type: "searchset", total: found.length, link, entry } };
  }

  function pageFrom(first) {
    const page = crypto.randomUUID();
    pages.set(page, first);
    return `${base}/Observation?page=${page}`;
  }
}

function refusal(status, code, diagnostics) {
  return { status, body: { resourceType: "OperationOutcome", issue: [{ severity: "error", code, diagnostics }] } };
}
