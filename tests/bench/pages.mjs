// The server of both clients' pages: everything by brotli 11, kept by the browser for as long as it likes, except the pages themselves.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm" };
const folders = {
  ours: new URL("pages/ours/", import.meta.url),
  peer: new URL("pages/peer/", import.meta.url),
  pure: new URL("pages/pure/", import.meta.url),
  smartrust: new URL("../../pkg/", import.meta.url),
  fhirclient: new URL("node_modules/fhirclient/build/", import.meta.url),
};

/** What a page loads to launch, hold a session and call FHIR. */
export const loaded = {
  ours: ["/smartrust/smartrust.min.js", "/smartrust/wasm/smartrust_bg.wasm"],
  peer: ["/fhirclient/fhir-client.min.js"],
};

const compressed = new Map();

/** A file by its address on the server, with `names` in place where the pages name them. */
export function file(path, names = {}) {
  if (!compressed.has(path)) {
    const [, folder, ...rest] = path.split("/");
    let contents = readFileSync(fileURLToPath(new URL(rest.join("/") || "index.html", folders[folder])));
    if (rest.at(-1) === "app.js") contents = Buffer.from(String(contents).replace(/\b[A-Z]+(_[A-Z]+)*\b/g, (name) => names[name] ?? name));
    compressed.set(path, brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
  return compressed.get(path);
}

/** Serves the pages at an origin. */
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
