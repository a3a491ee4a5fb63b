// What the pages of a context ask the network for.

/** Every request of a context, in order, with the answer once it has come. */
export class Traffic {
  #requests = [];

  constructor(context) {
    context.on("request", (request) => this.#requests.push(request));
  }

  /** The requests for addresses that begin with `prefix`, pages included. */
  to(prefix) {
    return this.#requests.filter((request) => request.url().startsWith(prefix));
  }

  /** The requests that leave `origin`. */
  leaving(origin) {
    return this.#requests.filter((request) => isOnNetwork(request) && new URL(request.url()).origin !== origin);
  }

  /** The POSTs whose form has `grant_type` = `kind`. */
  tokenRequests(kind) {
    return this.#requests.filter(
      (request) => request.method() === "POST" && new URLSearchParams(request.postData() ?? "").get("grant_type") === kind,
    );
  }

  /** The body of the first token response to `kind`. */
  async tokenResponse(kind) {
    const [request] = this.tokenRequests(kind);
    return (await request.response()).json();
  }
}

function isOnNetwork(request) {
  return /^https?:/.test(request.url());
}
