// A consumer: a copy of its folder with its dependencies and the packed package, and a URL that is registered at the sandbox EHR.

import { cpSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ehr, ehrOrigin, iss } from "../../e2e/support/servers.mjs";
import { until } from "../../e2e/support/wait.mjs";
import { freePort, serve, strict } from "./host.mjs";
import { install, run, runScript, start } from "./npm.mjs";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const app = join(repository, "tests/consumers/app");

/** Files that are not copied: dependencies, built files and tests. */
const excluded = ["node_modules", "dist", "check.test.mjs"];

/** Copies the consumer's folder together with the shared files, and installs. The copy is deleted when the process ends. */
export function copyOf(folder, shared = app) {
  return installCopy([shared, folder]);
}

/** Copies several folders into one, and installs. */
function installCopy(folders) {
  const root = mkdtempSync(join(tmpdir(), "smartrust-consumer-"));
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  const copy = join(root, "examples/consumer");
  for (const from of folders) cpSync(from, copy, { recursive: true, filter: (path) => !excluded.includes(basename(path)) });
  // An example depends on ../../pkg until the packed package replaces it.
  mkdirSync(join(root, "pkg"));
  copyFileSync(join(repository, "pkg/package.json"), join(root, "pkg/package.json"));
  install(copy);
  return copy;
}

/** An app in a page. */
export class Consumer {
  #folder;
  #port;

  /** Installs the consumer of a folder, and registers it at the EHR with its redirect URI, by default its URL. */
  static async in(folder, { redirectUri } = {}) {
    const consumer = new Consumer(copyOf(folder), await freePort());
    const clientId = await registerClient(basename(folder), redirectUri ?? consumer.home);
    const settings = { clientId, scope: "launch/patient openid fhirUser offline_access patient/*.rs", trustedIssuers: [iss] };
    consumer.write("settings.js", `export const settings = ${JSON.stringify(settings)};\n`);
    return consumer;
  }

  /** Like `in`, for a folder of `examples/` that Vite builds. */
  static async ofExample(name) {
    const consumer = new Consumer(installCopy([join(repository, "examples", name)]), await freePort());
    const clientId = await registerClient(name, consumer.home);
    consumer.write(".env.local", `VITE_CLIENT_ID=${clientId}\nVITE_FHIR_BASE=${iss}\n`);
    return consumer;
  }

  constructor(folder, port) {
    this.#folder = folder;
    this.#port = port;
  }

  /** Writes a file in the consumer's folder. */
  write(name, text) {
    writeFileSync(join(this.#folder, name), text);
  }

  /** The URL of the app, which is also its redirect URI. */
  get home() {
    return `http://localhost:${this.#port}/`;
  }

  get port() {
    return `${this.#port}`;
  }

  /** Builds with a script of package.json, and returns the path of the built folder. */
  build(script = "build", folder = "dist") {
    runScript(this.#folder, script);
    return join(this.#folder, folder);
  }

  /** Builds with a script of package.json, and serves the built folder, by default `dist/`. */
  async built(script = "build", { folder = "dist", connect } = {}) {
    this.build(script, folder);
    return this.served(folder, { connect });
  }

  /** Serves a folder with the app's page. With the policy `""`, the server sends none, and the page may have its own. */
  async served(folder = ".", { connect = ["'self'", ehrOrigin], policy = strict(connect) } = {}) {
    const page = join(this.#folder, folder, "index.html");
    if (!existsSync(page)) copyFileSync(join(this.#folder, "index.html"), page);
    return serve(join(this.#folder, folder), this.#port, policy);
  }

  /** Starts Vite's development server. */
  async inDevelopment() {
    return this.started(["vite", "--port", this.port, "--strictPort", "--host", "localhost"]);
  }

  /** Starts a server by a command, which finds the consumer's own programs and its port, and waits until it answers. */
  async started([program, ...args]) {
    const server = start(this.#folder, program, args, { PORT: this.port, HOST: "localhost", ORIGIN: new URL(this.home).origin });
    try {
      await until("the server answers", () => fetch(this.home).then(({ ok }) => ok, () => false), 60_000);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }
}

/** Registers a public client (RFC 7591) and returns its id. */
async function registerClient(name, redirectUri) {
  const metadata = {
    client_name: name,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
  };
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${ehr}/register`, { method: "POST", headers, body: JSON.stringify(metadata) });
  if (!response.ok) throw new Error(`The EHR did not register the consumer: ${response.status} ${await response.text()}`);
  return (await response.json()).client_id;
}

/** Runs a program in a folder, for consumers without a page. */
export const runIn = run;
