// An NDJSON file read by an export and by a plain loop: the time in Chromium and in Node, and the memory.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { compare, isSelected, round } from "./measure.mjs";
import { observation } from "./observation.mjs";

const megabyte = 1024 * 1024;
const root = new URL("../../", import.meta.url);
const types = { js: "text/javascript", wasm: "application/wasm" };

export async function measureNdjson(browser) {
  const measures = { ndjson_chromium: inChromium, ndjson_node: inNode, ndjson_heap: heap };
  const rows = {};
  const server = await startServer();
  try {
    for (const [name, measure] of Object.entries(measures)) {
      if (!isSelected(name)) continue;
      console.log(`measuring ${name}`);
      rows[name] = await measure(browser, server);
      console.log(rows[name]);
    }
  } finally {
    server.stop();
  }
  return rows;
}

function inChromium(browser, server) {
  return inPage(browser, server, 200, ({ page }) =>
    compare(() => page.evaluate(() => window.ours()), () => page.evaluate(() => window.plain())),
  );
}

function inNode(_browser, server) {
  const run = (who) => async () => Number(await outputOf("ndjson-node.mjs", [who, server.origin, "200"]));
  // Processes differ by a fifth, mostly in the time of the engine's parser.
  return compare(run("ours"), run("plain"), 15);
}

/** The growth with the plain loop is for comparison only, because it depends on the garbage collector. */
async function heap(browser, server) {
  return {
    ours: await heapGrowth(browser, server, 400, "ours"),
    peer: await heapGrowth(browser, server, 400, "plain"),
    at_20_mb: await heapGrowth(browser, server, 20, "ours"),
    unit: "MB",
    runs: 1,
  };
}

/** The maximum growth of the heap while `ours` or the `plain` loop read a file of so many megabytes, in MB. */
function heapGrowth(browser, server, size, who) {
  return inPage(browser, server, size, async ({ page, session }) => {
    const used = async () => {
      const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await session.send("Runtime.getHeapUsage");
      return usedSize + embedderHeapUsedSize + backingStorageSize;
    };
    await session.send("HeapProfiler.collectGarbage");
    const before = await used();
    let most = before;
    let isOver = false;
    const reading = page.evaluate((who) => window[who](), who).finally(() => (isOver = true));
    while (!isOver) {
      most = Math.max(most, await used());
      await new Promise((soon) => setTimeout(soon, 20));
    }
    await reading;
    return round((most - before) / megabyte);
  });
}

async function inPage(browser, server, size, body) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${server.origin}/page`);
    await page.evaluate(
      async ({ origin, size }) => {
        const { BackendClient } = await import("/pkg/backend.js");
        const client = new BackendClient({ fhirBase: `${origin}/fhir`, clientId: "bench", clientSecret: "none", scope: "system/*.rs" });
        const url = `${origin}/file?megabytes=${size}`;
        window.ours = async () => {
          const start = performance.now();
          const job = await client.exportAt(`${origin}/job?megabytes=${size}`);
          let count = 0;
          for await (const { resources } of job.batches()) for (const { id } of resources) count += id ? 1 : 0;
          if (count === 0) throw new Error("nothing came");
          return performance.now() - start;
        };
        window.plain = async () => {
          const start = performance.now();
          const { body } = await fetch(url);
          let rest = "";
          let count = 0;
          const reader = body.pipeThrough(new TextDecoderStream()).getReader();
          for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
            const lines = (rest + piece.value).split("\n");
            rest = lines.pop();
            for (const line of lines) if (line) count += JSON.parse(line).id ? 1 : 0;
          }
          if (count === 0) throw new Error("nothing came");
          return performance.now() - start;
        };
      },
      { origin: server.origin, size },
    );
    const session = await context.newCDPSession(page);
    return await body({ page, session });
  } finally {
    await context.close();
  }
}

/** Serves the npm package, an export job of one file, and that file in the requested size. */
async function startServer() {
  // About four megabytes of observations, one for each line. Larger files repeat them.
  const lines = Buffer.from(Array.from({ length: 4_000 }, (_, index) => `${JSON.stringify(observation(index))}\n`).join(""));
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, origin);
    const size = searchParams.get("megabytes");
    const json = (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (pathname === "/page") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>bench</title>");
    if (pathname.endsWith("smart-configuration")) return json({ token_endpoint: `${origin}/token` });
    if (pathname === "/token") return json({ access_token: "t", token_type: "bearer", expires_in: 3600 });
    if (pathname === "/job") {
      return json({ requiresAccessToken: false, output: [{ type: "Observation", url: `${origin}/file?megabytes=${size}` }] });
    }
    if (pathname === "/file") {
      response.writeHead(200, { "content-type": "application/fhir+ndjson", "cache-control": "no-store" });
      for (let sent = 0; sent < size * megabyte; sent += lines.length) {
        if (!response.write(lines)) await new Promise((drained) => response.once("drain", drained));
        if (response.destroyed) return undefined;
      }
      return response.end();
    }
    const file = pathname.startsWith("/pkg/") && (await readFile(new URL(pathname.slice(1), root)).catch(() => null));
    if (!file) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": types[pathname.split(".").at(-1)] }).end(file);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What a script of this folder prints. */
async function outputOf(script, args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (bytes) => (output += bytes));
  child.stderr.on("data", (bytes) => (errors += bytes));
  const code = await new Promise((ended) => child.on("exit", ended));
  if (code !== 0) throw new Error(errors);
  return output;
}
