// A server that somebody else runs: it writes down all that it is sent, and serves the pages that a test gives it.

import { createServer } from "node:http";

/**
 * Starts one on a free port of this machine, as long as there are tests that run. `pages` names a function for a path, which gets the
 * request's address and returns `{ status, headers, body }`, or a promise of it; every other path, and every preflight, answers with
 * an empty JSON object.
 */
export async function startAttacker(pages = {}) {
  const received = [];
  const server = createServer(async (request, response) => {
    const address = new URL(request.url, `http://${request.headers.host}`);
    let body = "";
    for await (const part of request) body += part;
    received.push({ method: request.method, path: request.url, headers: request.headers, body });
    const isPreflight = request.method === "OPTIONS";
    const { status = 200, headers = {}, body: answer = "{}" } = isPreflight ? {} : ((await pages[address.pathname]?.(address)) ?? {});
    response.writeHead(status, { ...forEveryone(request), "Content-Type": "application/json", ...headers });
    response.end(answer);
  });
  server.on("connection", (socket) => socket.unref());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { origin: `http://127.0.0.1:${server.address().port}`, received };
}

/** An HTML page. */
export function html(body) {
  return { headers: { "Content-Type": "text/html" }, body: `<!doctype html><title>Elsewhere</title>${body}` };
}

/** Whoever asks may read, so that nothing but the client keeps a token from going there. */
function forEveryone({ headers }) {
  return {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "*",
    "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "*",
  };
}
