// Resolves the references of a request (fhirclient's `resolveReferences` and `graph`).

/** Errors of a reference that do not make the request fail. */
const unavailable = ["not_found", "gone", "forbidden", "not_granted", "foreign_url", "invalid_reference", "invalid_url"];

/**
 * Resolves the references at `paths` of a resource, or of each resource of a Bundle, in parallel. With `graph`, a copy of each
 * resource replaces its reference. Without it, the resource does not change. `found` contains the resources by reference.
 */
export async function resolvePaths(whole, paths, { resolver, graph, found = {} }) {
  const isBundle = whole.resourceType === "Bundle";
  const resources = isBundle ? (whole.entry ?? []).flatMap(({ resource }) => resource ?? []) : [whole];
  const resolve = (reference, holder) => {
    const within = isBundle && !reference.startsWith("#") ? whole : holder;
    return resolveOnce(resolver, reference, within, found);
  };
  const levels = byDepth(paths);
  await Promise.all(
    resources.map(async (resource) => {
      const tree = graph ? resource : structuredClone(resource);
      for (const level of levels) {
        await Promise.all(level.map((path) => replaceReferences(tree, path, (reference) => resolve(reference, resource))));
      }
    }),
  );
  return found;
}

/** The distinct paths, grouped by their number of steps, the shortest first. */
function byDepth(paths) {
  const levels = [];
  for (const path of new Set(paths.map((path) => String(path).trim()).filter(Boolean))) {
    (levels[path.split(".").length] ??= []).push(path);
  }
  return levels.filter(Boolean);
}

/** Replaces the references at a path by their resources. */
async function replaceReferences(tree, path, resolve) {
  const steps = path.split(".");
  const places = [];
  collect(tree, steps, places);
  await Promise.all(
    places.map(async ({ holder, key }) => {
      const resource = await resolve(holder[key].reference);
      if (resource !== undefined) holder[key] = structuredClone(resource);
    }),
  );
}

/** Finds the references at a path. Each is the member `key` of its `holder`. */
function collect(holder, [step, ...rest], places) {
  if (step === "" && Array.isArray(holder)) return holder.forEach((item) => collect(item, rest, places));
  const value = holder?.[step];
  if (rest.length > 0) return value && collect(value, rest, places);
  const ends = Array.isArray(value) ? value.map((_, key) => ({ holder: value, key })) : [{ holder, key: step }];
  places.push(...ends.filter(({ holder, key }) => typeof holder?.[key]?.reference === "string"));
}

async function resolveOnce(resolver, reference, within, found) {
  try {
    // A reference to a contained resource is only valid in its container.
    if (reference.startsWith("#")) return await resolver.resolve(reference, within);
    found[reference] ??= await resolver.resolve(reference, within);
    return found[reference];
  } catch (error) {
    if (!unavailable.includes(error.code)) throw error;
    console.warn(`The reference ${reference} was not resolved: ${error.message}`);
    return undefined;
  }
}
