// The network requests of the pages of a context.

/** Every request of a context, in order. */
export class Traffic {
  #requests = [];

  constructor(context) {
    context.on("request", (request) => this.#requests.push(request));
  }

  /** The requests for URLs that begin with `prefix`, including navigation. */
  to(prefix) {
    return this.#requests.filter((request) => request.url().startsWith(prefix));
  }

  /** The requests to other origins than `origin`. */
  leaving(origin) {
    return this.#requests.filter((request) => isOnNetwork(request) && new URL(request.url()).origin !== origin);
  }

  /** The POST requests whose form has the `grant_type` `kind`. */
  tokenRequests(kind) {
    return this.#requests.filter(
      (request) => request.method() === "POST" && new URLSearchParams(request.postData() ?? "").get("grant_type") === kind,
    );
  }

  /** The body of the first token response for the `grant_type` `kind`. */
  async tokenResponse(kind) {
    const [request] = this.tokenRequests(kind);
    return (await request.response()).json();
  }
}

function isOnNetwork(request) {
  return /^https?:/.test(request.url());
}
