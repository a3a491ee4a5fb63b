/** Granted scopes: a string, an array, or the members of a grant. */
export function grantOf(scopes) {
  if (typeof scopes === "string" || Array.isArray(scopes)) {
    const list = typeof scopes === "string" ? scopes.split(" ").filter(Boolean) : [...scopes];
    return { requested: list, granted: list, missing: [], narrowed: [], extra: [] };
  }
  const { granted = [], requested = granted } = scopes;
  return { missing: requested.filter((scope) => !granted.includes(scope)), narrowed: [], extra: [], ...scopes, granted, requested };
}

/** Whether one of the scopes allows to read and search a type. */
export function mayRead(granted, resourceType) {
  return granted.some((scope) => {
    const [, type, permissions] = /^(?:patient|user)\/([^.]+)\.([a-z*]+)$/.exec(scope) ?? [];
    const isForType = type === "*" || type === resourceType;
    return isForType && (permissions === "*" || permissions === "read" || /^c?ru?d?s$/.test(permissions));
  });
}
