// A consumer: a copy of its folder with what its lock file names and the packed package, and an address at which the sandbox EHR knows it.

import { cpSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ehr, ehrOrigin, iss } from "../../e2e/support/servers.mjs";
import { until } from "../../e2e/support/wait.mjs";
import { freePort, serve, strict } from "./host.mjs";
import { install, run, runScript, start } from "./npm.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const app = join(root, "tests/consumers/app");

/** What is built or installed in place, and the tests themselves. */
const left = ["node_modules", "dist", "check.test.mjs"];

/** Copies the consumer's folder, with what it shares beside its files, and installs. The copy is gone after the file's tests. */
export function copyOf(folder, shared = app) {
  return installed([shared, folder]);
}

/** Copies folders into one, and installs there. */
function installed(folders) {
  const place = mkdtempSync(join(tmpdir(), "smartrust-consumer-"));
  process.once("exit", () => rmSync(place, { recursive: true, force: true }));
  const copy = join(place, "examples/consumer");
  for (const from of folders) cpSync(from, copy, { recursive: true, filter: (path) => !left.includes(basename(path)) });
  // An example takes the package from ../../pkg, until the packed one is put into its place.
  mkdirSync(join(place, "pkg"));
  copyFileSync(join(root, "pkg/package.json"), join(place, "pkg/package.json"));
  install(copy);
  return copy;
}

/** An app in a page. */
export class Consumer {
  #folder;
  #port;

  /** Installs the consumer of a folder, and registers it with the EHR for the address that it will have. */
  static async in(folder) {
    const consumer = new Consumer(copyOf(folder), await freePort());
    const clientId = await registered(basename(folder), consumer.home);
    const settings = { clientId, scope: "launch/patient openid fhirUser offline_access patient/*.rs", trustedIssuers: [iss] };
    consumer.write("settings.js", `export const settings = ${JSON.stringify(settings)};\n`);
    return consumer;
  }

  /** As `in`, for a folder of `examples/` that Vite builds. */
  static async ofExample(name) {
    const consumer = new Consumer(installed([join(root, "examples", name)]), await freePort());
    const clientId = await registered(name, consumer.home);
    consumer.write(".env.local", `VITE_CLIENT_ID=${clientId}\nVITE_FHIR_BASE=${iss}\n`);
    return consumer;
  }

  constructor(folder, port) {
    this.#folder = folder;
    this.#port = port;
  }

  /** Writes a file beside the consumer's own. */
  write(name, text) {
    writeFileSync(join(this.#folder, name), text);
  }

  /** Where the app is, and where the EHR sends people back to. */
  get home() {
    return `http://localhost:${this.#port}/`;
  }

  /** Builds by a script of package.json, and gives the path of the folder that it built. */
  build(script, folder) {
    runScript(this.#folder, script);
    return join(this.#folder, folder);
  }

  /** Builds by a script of package.json and serves what came of it; by default from `dist/`. */
  async built(script = "build", { folder = "dist", connect } = {}) {
    this.build(script, folder);
    return this.served(folder, { connect });
  }

  /** Serves a folder as it is, with the app's page in it. With the policy `""` it is the page's own to have one. */
  async served(folder = ".", { connect = ["'self'", ehrOrigin], policy = strict(connect) } = {}) {
    const page = join(this.#folder, folder, "index.html");
    if (!existsSync(page)) copyFileSync(join(this.#folder, "index.html"), page);
    return serve(join(this.#folder, folder), this.#port, policy);
  }

  /** Starts Vite's development server. */
  async inDevelopment() {
    const vite = join(this.#folder, "node_modules/vite/bin/vite.js");
    const server = start(this.#folder, process.execPath, [vite, "--port", `${this.#port}`, "--strictPort", "--host", "localhost"]);
    await until("the development server answers", () => fetch(this.home).then(({ ok }) => ok, () => false), 60_000);
    return server;
  }
}

/** Registers a public client (RFC 7591) and gives its id. */
async function registered(name, home) {
  const metadata = {
    client_name: name,
    redirect_uris: [home],
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
  };
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${ehr}/register`, { method: "POST", headers, body: JSON.stringify(metadata) });
  if (!response.ok) throw new Error(`The EHR did not register the consumer: ${response.status} ${await response.text()}`);
  return (await response.json()).client_id;
}

/** Runs a program in a copy, for consumers without a page. */
export const runIn = run;
