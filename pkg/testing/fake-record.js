import { pairsOf } from "../interactions.js";
import { smartError } from "./errors.js";

/** Loads the parts of a record with searches of a fake session. */
export async function loadParts(session, queries, { onPart, signal }) {
  if (!session.patient) throw smartError("no_patient");
  const load = async (query, index) => {
    const part = await loadPart(session, typeof query === "string" ? { type: query } : query, signal);
    queueMicrotask(() => onPart?.(part, index));
    return part;
  };
  return Promise.all(queries.map(load));
}

async function loadPart(session, { type, parameters }, signal) {
  const empty = { resourceType: type, parameters: pairsOf(parameters), resources: [], others: [], outcomes: [], repeated: 0, bytes: 0 };
  if (!session.mayRead(type)) return { ...empty, state: "notgranted" };
  const search = session.patient.search(type, parameters, { signal });
  try {
    const resources = await search.toArray();
    return { ...empty, resources, outcomes: search.outcomes, total: resources.length, state: "complete" };
  } catch (error) {
    if (error.code === "aborted") throw error;
    return { ...empty, state: "failed", error };
  }
}
