/** A URL without a trailing slash. */
const withoutSlash = (url) => url.replace(/\/$/, "");

/** Whether requests to a URL are encrypted or stay on this machine. */
const isConfidential = (url) => /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/i.test(url);

/** Requests the SMART configuration of a configured server while the WebAssembly is loading. */
export class EarlyDiscovery {
  #responses = new Map();

  start(config, options) {
    try {
      const { fhirBase, discoveryBase = fhirBase, ...server } = this.#selectServer(config, options) ?? {};
      const hasEndpoints = server.authorizationEndpoint && server.tokenEndpoint;
      if (!hasEndpoints && isConfidential(discoveryBase)) this.#fetch(`${withoutSlash(discoveryBase)}/.well-known/smart-configuration`);
    } catch {
      // The WebAssembly reports errors of the configuration.
    }
  }

  #fetch(url) {
    const response = fetch(url, { headers: { Accept: "application/json" }, credentials: "omit", referrerPolicy: "no-referrer" });
    // The caller of take() handles a failure.
    response.catch(() => {});
    this.#responses.set(url, response);
  }

  /** The server of the page's launch link, or the one that the caller selects. */
  #selectServer(config, { iss, server: name } = {}) {
    const { trustedIssuers, server, servers = server ?? config } = config;
    const configured = trustedIssuers?.map((fhirBase) => ({ ...config, fhirBase })) ?? [servers].flat();
    const link = new URLSearchParams(globalThis.location?.search).get("iss") ?? iss;
    const trusts = ({ fhirBase, issuers = [fhirBase] }) => issuers.some((issuer) => withoutSlash(issuer) === withoutSlash(link));
    const isSelected = (one) => (link ? trusts(one) : name === undefined ? configured.length === 1 : name === one.name);
    return configured.find(isSelected);
  }

  /** Returns the promise of the response for a URL, once. */
  take = (url) => {
    const response = this.#responses.get(url);
    this.#responses.delete(url);
    return response;
  };
}
