/** An address without the one slash at its end that makes no difference. */
const bare = (address) => address.replace(/\/$/, "");

/** Whether an address may be asked without being overheard. */
const isConfidential = (address) => /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/i.test(address);

/** Begins to fetch what a launch asks for first, while the WebAssembly is on its way: of configured servers alone, and once. */
export class EarlyDiscovery {
  #answers = new Map();

  begin(config, options) {
    try {
      const { fhirBase, discoveryBase = fhirBase, ...server } = this.#meant(config, options) ?? {};
      const isNamed = server.authorizationEndpoint && server.tokenEndpoint;
      if (!isNamed && isConfidential(discoveryBase)) this.#fetch(`${bare(discoveryBase)}/.well-known/smart-configuration`);
    } catch {
      // What is wrong with the configuration is told by the one who reads it.
    }
  }

  #fetch(url) {
    const answer = fetch(url, { headers: { Accept: "application/json" }, credentials: "omit", referrerPolicy: "no-referrer" });
    // Whoever takes it hears of a failure.
    answer.catch(() => {});
    this.#answers.set(url, answer);
  }

  /** The server that the page's launch link, or the caller, means. */
  #meant(config, { iss, server: name } = {}) {
    const servers = [config?.server ?? config?.servers].flat();
    const link = new URLSearchParams(globalThis.location?.search).get("iss") ?? iss;
    const trusts = ({ fhirBase, issuers = [fhirBase] }) => issuers.some((issuer) => bare(issuer) === bare(link));
    const isMeant = (server) => (link ? trusts(server) : name === undefined ? servers.length === 1 : name === server.name);
    return servers.find(isMeant);
  }

  /** The answer that is on its way for an address, once. */
  take = (url) => {
    const answer = this.#answers.get(url);
    this.#answers.delete(url);
    return answer;
  };
}
