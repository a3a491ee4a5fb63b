/** The configuration with its servers written out, and with absolute addresses to come back to. */
export function serversOf(config) {
  if (config === null || typeof config !== "object") return config;
  const { server, servers, store, trustedIssuers, ...shared } = config;
  // What is not as it should be is passed on as it was written, so that the error names it.
  if (trustedIssuers !== undefined && !isArrayOfStrings(trustedIssuers)) return config;
  if (trustedIssuers === undefined && shared.fhirBase === undefined) {
    return {
      ...config,
      ...(server && { server: withRedirect(server) }),
      ...(Array.isArray(servers) && { servers: servers.map(withRedirect) }),
    };
  }
  const issuers = trustedIssuers ?? [shared.fhirBase];
  const one = (fhirBase) => withRedirect({ ...shared, fhirBase });
  return {
    ...(store !== undefined && { store }),
    // Beside servers that are written out, the shorthand is refused.
    ...((server ?? servers) && { server: server ?? servers }),
    servers: issuers.map(one),
  };
}

function isArrayOfStrings(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** With what is relative to the open page made absolute; by default the user comes back to that page itself. */
function withRedirect(server) {
  const page = globalThis.document && globalThis.location?.href;
  const { redirectUri = "" } = server ?? {};
  const isRelative = typeof redirectUri === "string" && !/^[a-z][a-z0-9+.-]*:/i.test(redirectUri);
  if (!isRelative || !URL.canParse(redirectUri, page)) return server;
  const url = new URL(redirectUri, page);
  if (redirectUri === "") url.search = url.hash = "";
  return { ...server, redirectUri: url.href };
}
