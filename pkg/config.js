/** The configuration with absolute redirect URIs. Everything else is passed on unchanged, so that an error names what the app wrote. */
export function withRedirectUris(config) {
  if (config === null || typeof config !== "object") return config;
  const { server, servers } = config;
  if (!server && !servers) return withRedirectUri(config);
  return {
    ...config,
    ...(server && { server: withRedirectUri(server) }),
    ...(Array.isArray(servers) && { servers: servers.map(withRedirectUri) }),
  };
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
