// What becomes of whoever waits when WebAssembly fails, or an object that the package was given: nobody waits for ever.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { BackendClient, SmartError } from "../../pkg/node-backend.js";
import { SmartApp } from "../../pkg/node.js";
import { serverOf, startServer, storeOf } from "./support.mjs";

const running = [];
after(() => Promise.all(running.map((server) => server.stop())));

const file = (name) => new URL(`../../pkg/${name}`, import.meta.url).href;

/** A server that never says how a file goes on, nor answers for a group, and whose manifest is a large one. */
async function serverThatKeepsWaiting() {
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

/** Runs a function by itself, with an instance of WebAssembly that it may ruin. It gets the module's helpers and what is given. */
async function runApart(body, given) {
  const helpers = `
    /** Takes all the memory that an instance can have. */
    function exhaust(memory) {
      for (let pages = 32768; pages >= 1; pages /= 2) {
        try {
          for (;;) memory.grow(pages);
        } catch {}
      }
    }
    /** How something ends, and that it does. */
    const endOf = (promise) => Promise.resolve(promise).then(
      () => "fulfilled",
      (error) => [error.name, error.code, /reload the page.*report it/s.test(error.message), error.cause !== undefined].join(" "),
    );
  `;
  const code = `
    import { parentPort, workerData } from "node:worker_threads";
    ${helpers}
    parentPort.postMessage(await (${body})(workerData));
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: given });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("it ended without a word")));
  }).finally(() => worker.terminate());
}

const ended = "SmartError internal_error true true";

test("S11 a trap rejects every promise that waits, and every later call at once", async () => {
  const server = await serverThatKeepsWaiting();
  const seen = await runApart(
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
      // The text of the manifest does not fit any more.
      exhaust(memory);
      const waiting = job.wait();
      const pending = await Promise.all([waiting, reading, iterating].map(endOf));
      controller.abort();
      const later = [client.read("Group/1"), job.wait(), job.cancel(), Keys.generate("ES384"), batches.next()];
      const fresh = new BackendClient({ fhirBase, clientId: "other", clientSecret: "s", scope: "system/*.rs" });
      return { pending, later: await Promise.all([...later, fresh.read("Group/1")].map(endOf)), url: await endOf((async () => job.statusUrl)()) };
    },
    { backend: file("node-backend.js"), glue: file("wasm-backend/backend.js"), fhirBase: server.fhirBase, origin: server.origin },
  );
  assert.deepEqual(seen.pending, [ended, ended, ended]);
  // The iterator is over since its error, as iterators are.
  assert.deepEqual(seen.later, [ended, ended, ended, ended, "fulfilled", ended]);
  assert.equal(seen.url, ended);
});

test("S11 an exception that goes through WebAssembly rejects every promise that waits", async () => {
  const server = await serverThatKeepsWaiting();
  const seen = await runApart(
    async ({ backend, fhirBase, origin }) => {
      const { BackendClient } = await import(backend);
      const client = new BackendClient({ fhirBase, clientId: "service", clientSecret: "s", scope: "system/*.rs" });
      const reading = client.read("Group/1");
      const job = await client.exportAt(`${origin}/small`);
      const { fetch } = globalThis;
      // A stand-in of the app's own, as tests have them, that is not what it should be.
      globalThis.fetch = async (...asked) => (String(asked[0]).endsWith("/small") ? {} : fetch(...asked));
      const pending = await Promise.all([job.wait(), reading].map(endOf));
      globalThis.fetch = fetch;
      return [...pending, await endOf(client.read("Group/1"))];
    },
    { backend: file("node-backend.js"), fhirBase: server.fhirBase, origin: server.origin },
  );
  assert.deepEqual(seen, [ended, ended, ended]);
});

test("S11 a session's calls end with its instance, and another instance goes on", async () => {
  const server = await serverThatKeepsWaiting();
  const seen = await runApart(
    async ({ main, backend, fhirBase, texts, server }) => {
      const { SmartApp } = await import(main);
      const { Scopes } = await import(backend);
      const kept = new Map(texts);
      const store = {
        get: (key) => kept.get(key),
        set: (key, text) => void kept.set(key, text),
        remove: (key) => void kept.delete(key),
        keys: () => [...kept.keys()],
      };
      const session = await new SmartApp({ server, store }).resume();
      const reading = session.read("Patient/1");
      const { fetch } = globalThis;
      globalThis.fetch = async (...asked) => (String(asked[0]).endsWith("/2") ? {} : fetch(...asked));
      const pending = await Promise.all([session.read("Patient/2"), reading].map(endOf));
      return {
        pending,
        later: await Promise.all([session.read("Patient/1"), new SmartApp({ server, store }).resume(), session.signOut()].map(endOf)),
        known: await endOf((async () => session.id)()),
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
  assert.deepEqual(seen.pending, [ended, ended]);
  assert.deepEqual(seen.later, [ended, ended, ended]);
  assert.equal(seen.known, ended);
  assert.notEqual(seen.other, "none");
});

const textsOf = async (store) => store.keys().map((key) => [key, store.get(key)]);

test("S11 an object that throws ends the call that it was given to, and no other", async () => {
  const server = await serverThatKeepsWaiting();
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
    assert.ok(error, "it ends");
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
  assert.equal((await waiting.catch((error) => error)).code, "aborted", "what was under way goes on, and can be stopped");
});
