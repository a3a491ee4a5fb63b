// References that a request asks for, put in their place or kept beside (fhirclient's `resolveReferences` and `graph`).

/** What a server may say of a reference without the rest being wrong. */
const unavailable = ["not_found", "gone", "forbidden", "not_granted", "foreign_url", "invalid_reference", "invalid_url"];

/**
 * Resolves the references at `paths` of a resource, or of each resource of a Bundle, side by side. With `graph` each stands in the
 * place of its reference, as a copy of its own; without, the resource stays as it is. What it found is also in `found`, by reference.
 */
export async function resolvePaths(whole, paths, { resolver, graph, found = {} }) {
  const isBundle = whole.resourceType === "Bundle";
  const resources = isBundle ? (whole.entry ?? []).flatMap(({ resource }) => resource ?? []) : [whole];
  const resolve = (reference, holder) => {
    const within = isBundle && !reference.startsWith("#") ? whole : holder;
    return resolved(resolver, reference, within, found);
  };
  const wanted = byDepth(paths);
  await Promise.all(
    resources.map(async (resource) => {
      const tree = graph ? resource : structuredClone(resource);
      for (const level of wanted) {
        await Promise.all(level.map((path) => mount(tree, path, (reference) => resolve(reference, resource))));
      }
    }),
  );
  return found;
}

/** The paths, each once, those with the same number of steps together, the shortest first. */
function byDepth(paths) {
  const levels = [];
  for (const path of new Set(paths.map((path) => String(path).trim()).filter(Boolean))) {
    (levels[path.split(".").length] ??= []).push(path);
  }
  return levels.filter(Boolean);
}

/** Puts what a path's references name in their place. */
async function mount(tree, path, resolve) {
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

/** Finds where the references of a path stand: each the member `key` of its `holder`. */
function collect(holder, [step, ...rest], places) {
  if (step === "" && Array.isArray(holder)) return holder.forEach((item) => collect(item, rest, places));
  const value = holder?.[step];
  if (rest.length > 0) return value && collect(value, rest, places);
  const ends = Array.isArray(value) ? value.map((_, key) => ({ holder: value, key })) : [{ holder, key: step }];
  places.push(...ends.filter(({ holder, key }) => typeof holder?.[key]?.reference === "string"));
}

async function resolved(resolver, reference, within, found) {
  try {
    // What is contained is named by its container alone.
    if (reference.startsWith("#")) return await resolver.resolve(reference, within);
    found[reference] ??= await resolver.resolve(reference, within);
    return found[reference];
  } catch (error) {
    if (!unavailable.includes(error.code)) throw error;
    console.warn(`The reference ${reference} stays as it is: ${error.message}`);
    return undefined;
  }
}
