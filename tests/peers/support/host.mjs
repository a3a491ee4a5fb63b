// Serves the npm package and the page that uses it, with a folder for each app.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";

const root = new URL("../../../", import.meta.url);

const types = { html: "text/html; charset=utf-8", js: "text/javascript", json: "application/json", wasm: "application/wasm" };

/** The least permissions with which a page can load WebAssembly. */
const policy = "script-src 'self' 'wasm-unsafe-eval'";

/** Starts the host on a free port. `recordOf` returns the server record of the app in a folder, or undefined. */
export async function startHost(recordOf) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://app.invalid");
    const file = await find(pathname, recordOf).catch(() => undefined);
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[file.type], "content-security-policy": policy });
    response.end(file.body);
  });
  return { server, origin: await listen(server, "127.0.0.1") };
}

async function find(pathname, recordOf) {
  const [, folder, name] = pathname.split("/");
  if (folder === "pkg") return fileOf(new URL(pathname.slice(1), root));
  if (pathname === "/page.js") return fileOf(new URL("tests/peers/app/page.js", root));
  const record = recordOf(folder);
  if (!record) return undefined;
  if (name === "") return fileOf(new URL("tests/peers/app/index.html", root));
  if (name === "app.json") return { type: "json", body: JSON.stringify(record) };
  return undefined;
}

async function fileOf(url) {
  return { type: url.pathname.split(".").at(-1), body: await readFile(url) };
}

/** Listens on a free local port and returns the origin. */
export async function listen(server, host) {
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  return `http://${host}:${server.address().port}`;
}
