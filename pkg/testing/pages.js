import { invalid } from "./errors.js";

/** The page that a test returns for a search: an array of resources, a Bundle, or the members of a page. */
export function pageOf(result, request) {
  const page = Array.isArray(result) ? { resources: result } : result?.resourceType === "Bundle" ? pageOfBundle(result) : result;
  if (!Array.isArray(page?.resources)) throw wrongResult(request, result, "an array of resources or a Bundle");
  const { resources, included = [], outcomes = [], total } = page;
  const bundle = page.bundle ?? bundleOf(resources, included, outcomes, total);
  return { resources, included, outcomes, repeated: 0, ...(total !== undefined && { total }), bundle };
}

function pageOfBundle(bundle) {
  const ofMode = (...modes) =>
    (bundle.entry ?? []).filter(({ resource, search }) => resource && modes.includes(search?.mode)).map(({ resource }) => resource);
  return { resources: ofMode("match", undefined), included: ofMode("include"), outcomes: ofMode("outcome"), total: bundle.total, bundle };
}

/** A searchset Bundle. */
export function bundleOf(resources, included = [], outcomes = [], total = resources.length) {
  const entries = (mode, list) => list.map((resource) => ({ resource, search: { mode } }));
  return {
    resourceType: "Bundle",
    type: "searchset",
    total,
    entry: [...entries("match", resources), ...entries("include", included), ...entries("outcome", outcomes)],
  };
}

/** The error for a result of the test that does not fit the request. */
export function wrongResult({ method, url }, result, expected) {
  const returned = Array.isArray(result) ? "an array" : (result?.resourceType ?? (result === null ? "null" : typeof result));
  return invalid(`The test returned ${returned} for ${method} ${url}: return ${expected}.`);
}
