// A sandbox EHR for the tests in Node, and openssl.

import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Starts a sandbox EHR of a dialect: the program that the environment variable SANDBOX_EHR names, otherwise the one that cargo builds. The result
 * has its base and its control API.
 */
export async function startSandbox(dialect) {
  const options = ["--dialect", dialect, "--control", "--port", "0", "--patients", "2"];
  const { SANDBOX_EHR: program } = process.env;
  const [command, ...before] = program ? [program] : ["cargo", "run", "--quiet", "--package", "sandbox-ehr", "--"];
  const child = spawn(command, [...before, ...options], {
    cwd: repository,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout });
  const base = await new Promise((resolve, reject) => {
    lines.on("line", (line) => line.startsWith("Sandbox EHR") && resolve(line.split(/\s+/).at(-1)));
    ended.then((code) => reject(new Error(`The sandbox EHR ended with ${code}.`)));
  });
  const { origin } = new URL(base);
  const control = (path, method, body) =>
    fetch(`${origin}/control/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  return {
    base,
    fhirBase: `${base}/fhir`,
    /** The next response that can has this deviation. */
    async deviate(deviation) {
      const response = await control("protocol", "POST", { deviations: [deviation] });
      if (response.status !== 201) throw new Error(await response.text());
    },
    requests: async () => (await control("requests", "GET")).json(),
    clearRequests: () => control("requests", "DELETE"),
    async stop() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

/** Runs openssl, and returns what it prints. */
export function openssl(...args) {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
