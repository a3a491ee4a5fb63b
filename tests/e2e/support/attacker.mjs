// An attacker's server: it records every request, and serves the pages of the test.

import { createServer } from "node:http";

/**
 * Starts a server on a free local port. It does not keep the process alive. `pages` maps a path to a function, which gets the request's
 * URL and returns `{ status, headers, body }` or a promise of it. The response to any other path, and to a preflight, is an empty JSON
 * object.
 */
export async function startAttacker(pages = {}) {
  const received = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    let body = "";
    for await (const part of request) body += part;
    received.push({ method: request.method, path: request.url, headers: request.headers, body });
    const isPreflight = request.method === "OPTIONS";
    const { status = 200, headers = {}, body: content = "{}" } = isPreflight ? {} : ((await pages[url.pathname]?.(url)) ?? {});
    response.writeHead(status, { ...corsHeaders(request), "Content-Type": "application/json", ...headers });
    response.end(content);
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

/** Allows every origin, so that only the client itself can prevent that a token is sent to this server. */
function corsHeaders({ headers }) {
  return {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "*",
    "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "*",
  };
}
