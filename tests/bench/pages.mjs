// The server of both clients' pages: everything compressed with brotli 11, and cacheable except the pages themselves.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm" };
const folders = {
  ours: new URL("pages/ours/", import.meta.url),
  launch: new URL("pages/launch/", import.meta.url),
  peer: new URL("pages/peer/", import.meta.url),
  pure: new URL("pages/pure/", import.meta.url),
  smartrust: new URL("../../pkg/", import.meta.url),
  fhirclient: new URL("node_modules/fhirclient/build/", import.meta.url),
};

const compressed = new Map();

/** The compressed file of a path on the server. `names` replaces the placeholders of a page's script. */
function file(path, names) {
  if (!compressed.has(path)) {
    const [, folder, ...rest] = path.split("/");
    let contents = readFileSync(fileURLToPath(new URL(rest.join("/") || "index.html", folders[folder])));
    if (rest.at(-1) === "app.js") contents = Buffer.from(String(contents).replace(/\b[A-Z]+(_[A-Z]+)*\b/g, (name) => names[name] ?? name));
    compressed.set(path, brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
  return compressed.get(path);
}

/** Starts the server at an origin. */
export async function servePages(origin, names) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, origin);
    const ending = extname(pathname) || ".html";
    try {
      const body = file(pathname, names);
      response.writeHead(200, {
        "content-type": types[ending],
        "content-encoding": "br",
        "content-length": body.length,
        "cache-control": ending === ".html" ? "no-cache" : "max-age=31536000, immutable",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(Number(new URL(origin).port), "localhost", listening));
  return server;
}
