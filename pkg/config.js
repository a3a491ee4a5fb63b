/** The configuration with a list of servers and absolute redirect URIs. */
export function expandConfig(config) {
  if (config === null || typeof config !== "object") return config;
  const { server, servers, store, trustedIssuers, ...shared } = config;
  // An invalid member is passed on unchanged, so that the error names it.
  if (trustedIssuers !== undefined && !isArrayOfStrings(trustedIssuers)) return config;
  if (trustedIssuers === undefined && shared.fhirBase === undefined) {
    return {
      ...config,
      ...(server && { server: withRedirectUri(server) }),
      ...(Array.isArray(servers) && { servers: servers.map(withRedirectUri) }),
    };
  }
  const issuers = trustedIssuers ?? [shared.fhirBase];
  const serverAt = (fhirBase) => withRedirectUri({ ...shared, fhirBase });
  return {
    ...(store !== undefined && { store }),
    // Together with server or servers, the shorthand is rejected.
    ...((server ?? servers) && { server: server ?? servers }),
    servers: issuers.map(serverAt),
  };
}

function isArrayOfStrings(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** The server with an absolute redirect URI: a relative one is resolved, and the default is the current page. */
function withRedirectUri(server) {
  const page = globalThis.document && globalThis.location?.href;
  const { redirectUri = "" } = server ?? {};
  const isRelative = typeof redirectUri === "string" && !/^[a-z][a-z0-9+.-]*:/i.test(redirectUri);
  if (!isRelative || !URL.canParse(redirectUri, page)) return server;
  const url = new URL(redirectUri, page);
  if (redirectUri === "") url.search = url.hash = "";
  return { ...server, redirectUri: url.href };
}
