// After a failure of WebAssembly, or of an object from the caller, no promise stays pending.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { BackendClient, SmartError } from "../../pkg/node-backend.js";
import { SmartApp } from "../../pkg/node.js";
import { serverOf, startServer, storeOf } from "./support.mjs";

const running = [];
after(() => Promise.all(running.map((server) => server.stop())));

const file = (name) => new URL(`../../pkg/${name}`, import.meta.url).href;

/** A server that does not complete a file, does not respond to a read, and has a large manifest. */
async function startUnresponsiveServer() {
  const silence = () => {};
  const server = await startServer({
    manifest: (origin) => ({
      requiresAccessToken: true,
      output: [{ type: "Patient", url: `${origin}/file` }],
      extension: { padding: "x".repeat(30_000_000) },
    }),
    files: {
      "/small": (_, response, origin) =>
        response.end(JSON.stringify({ requiresAccessToken: true, output: [{ type: "Patient", url: `${origin}/endless` }] })),
      "/endless": (_, response) => response.write('{"id":"a"}\n'),
      "/fhir/Group/1": silence,
      "/fhir/Patient/1": silence,
    },
  });
  running.push(server);
  return server;
}

/** Runs a function in a worker, with an instance of WebAssembly of its own. */
async function runInWorker(body, data) {
  const helpers = `
    /** Allocates all the memory of an instance. */
    function exhaust(memory) {
      for (let pages = 32768; pages >= 1; pages /= 2) {
        try {
          for (;;) memory.grow(pages);
        } catch {}
      }
    }
    /** The outcome of a promise. */
    const outcomeOf = (promise) => Promise.resolve(promise).then(
      () => "fulfilled",
      (error) => [error.name, error.code, /reload the page.*report it/s.test(error.message), error.cause !== undefined].join(" "),
    );
  `;
  const code = `
    import { parentPort, workerData } from "node:worker_threads";
    ${helpers}
    parentPort.postMessage(await (${body})(workerData));
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: data });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("it exited without a message")));
  }).finally(() => worker.terminate());
}

const failed = "SmartError internal_error true true";

test("S11 a trap rejects all pending promises, and all later calls", async () => {
  const server = await startUnresponsiveServer();
  const outcomes = await runInWorker(
    async ({ backend, glue, fhirBase, origin }) => {
      const { BackendClient, Keys, ready } = await import(backend);
      await ready();
      const { memory } = await (await import(glue)).default();
      const client = new BackendClient({ fhirBase, clientId: "service", clientSecret: "s", scope: "system/*.rs" });
      const reading = client.read("Group/1");
      const controller = new AbortController();
      const batches = (await client.exportAt(`${origin}/small`)).batches({ signal: controller.signal });
      await batches.next();
      const iterating = batches.next();
      const job = await client.exportAt(`${origin}/job`);
      // There is no memory for the manifest.
      exhaust(memory);
      const waiting = job.wait();
      const pending = await Promise.all([waiting, reading, iterating].map(outcomeOf));
      controller.abort();
      const later = [client.read("Group/1"), job.wait(), job.cancel(), Keys.generate("ES384"), batches.next()];
      const fresh = new BackendClient({ fhirBase, clientId: "other", clientSecret: "s", scope: "system/*.rs" });
      return { pending, later: await Promise.all([...later, fresh.read("Group/1")].map(outcomeOf)), url: await outcomeOf((async () => job.statusUrl)()) };
    },
    { backend: file("node-backend.js"), glue: file("wasm-backend/backend.js"), fhirBase: server.fhirBase, origin: server.origin },
  );
  assert.deepEqual(outcomes.pending, [failed, failed, failed]);
  // After its error, the iterator has ended.
  assert.deepEqual(outcomes.later, [failed, failed, failed, failed, "fulfilled", failed]);
  assert.equal(outcomes.url, failed);
});

test("S11 an exception that passes through WebAssembly rejects all pending promises", async () => {
  const server = await startUnresponsiveServer();
  const outcomes = await runInWorker(
    async ({ backend, fhirBase, origin }) => {
      const { BackendClient } = await import(backend);
      const client = new BackendClient({ fhirBase, clientId: "service", clientSecret: "s", scope: "system/*.rs" });
      const reading = client.read("Group/1");
      const job = await client.exportAt(`${origin}/small`);
      const { fetch } = globalThis;
      // A replacement that does not return a response.
      globalThis.fetch = async (...request) => (String(request[0]).endsWith("/small") ? {} : fetch(...request));
      const pending = await Promise.all([job.wait(), reading].map(outcomeOf));
      globalThis.fetch = fetch;
      return [...pending, await outcomeOf(client.read("Group/1"))];
    },
    { backend: file("node-backend.js"), fhirBase: server.fhirBase, origin: server.origin },
  );
  assert.deepEqual(outcomes, [failed, failed, failed]);
});

test("S11 a failure rejects all calls of a session, and does not affect another instance", async () => {
  const server = await startUnresponsiveServer();
  const outcomes = await runInWorker(
    async ({ main, backend, fhirBase, texts, server }) => {
      const { SmartApp } = await import(main);
      const { Scopes } = await import(backend);
      const stored = new Map(texts);
      const store = {
        get: (key) => stored.get(key),
        set: (key, text) => void stored.set(key, text),
        remove: (key) => void stored.delete(key),
        keys: () => [...stored.keys()],
      };
      const session = await new SmartApp({ server, store }).resume();
      const reading = session.read("Patient/1");
      const { fetch } = globalThis;
      globalThis.fetch = async (...request) => (String(request[0]).endsWith("/2") ? {} : fetch(...request));
      const pending = await Promise.all([session.read("Patient/2"), reading].map(outcomeOf));
      return {
        pending,
        later: await Promise.all([session.read("Patient/1"), new SmartApp({ server, store }).resume(), session.signOut()].map(outcomeOf)),
        known: await outcomeOf((async () => session.id)()),
        other: await Scopes.parse("patient/*.rs").catch(() => "none"),
      };
    },
    {
      main: file("node.js"),
      backend: file("node-backend.js"),
      fhirBase: server.fhirBase,
      texts: await textsOf(storeOf(server.fhirBase)),
      server: serverOf(server.fhirBase),
    },
  );
  assert.deepEqual(outcomes.pending, [failed, failed]);
  assert.deepEqual(outcomes.later, [failed, failed, failed]);
  assert.equal(outcomes.known, failed);
  assert.notEqual(outcomes.other, "none");
});

const textsOf = async (store) => store.keys().map((key) => [key, store.get(key)]);

test("S11 an object that throws rejects its call, and no other", async () => {
  const server = await startUnresponsiveServer();
  const thrown = () => {
    throw new Error("not today");
  };
  const client = new BackendClient({ fhirBase: server.fhirBase, clientId: "service", clientSecret: "s", scope: "system/*.rs" });
  const controller = new AbortController();
  const waiting = client.read("Group/1", { signal: controller.signal });
  const job = await client.exportAt(`${server.origin}/small`);
  for (const signal of [
    Object.defineProperty({}, "aborted", { get: thrown }),
    { aborted: false, addEventListener: thrown },
    new Proxy({}, { get: thrown }),
    {},
  ]) {
    for (const call of [
      () => client.read("Group/1", { signal }),
      () => job.wait({ signal }),
      () => job.cancel({ signal }),
      () => client.startExport({ signal }),
      () => client.search("Group", {}, { signal }).toArray(),
    ]) {
      const error = await call().then(() => undefined, (error) => error);
      assert.ok(error instanceof SmartError, String(error));
      assert.deepEqual([error.code, error.message.includes("signal")], ["internal_error", true]);
    }
  }
  for (const config of [
    new Proxy({}, { getOwnPropertyDescriptor: thrown, ownKeys: thrown, get: thrown }),
    { ...client, get fhirBase() { return thrown(); } },
  ]) {
    const error = await (async () => new BackendClient(config).read("Group/1"))().then(() => undefined, (error) => error);
    assert.ok(error, "it rejects");
  }
  const store = Object.fromEntries(["get", "set", "remove", "keys"].map((name) => [name, thrown]));
  const app = new SmartApp({ server: serverOf(server.fhirBase), store });
  const stored = await app.resume().then(() => undefined, (error) => error);
  assert.deepEqual([stored instanceof SmartError, stored.code], [true, "storage_unavailable"]);
  const promised = Object.defineProperty(Promise.resolve(), "constructor", { get: thrown });
  const odd = new SmartApp({ server: serverOf(server.fhirBase), store: { ...store, keys: () => promised, get: () => promised } });
  const settled = await odd.resume().then(() => "fulfilled", (error) => error.code);
  assert.ok(["fulfilled", "storage_unavailable"].includes(settled), settled);
  controller.abort();
  assert.equal((await waiting.catch((error) => error)).code, "aborted", "a pending call continues, and can be aborted");
});
