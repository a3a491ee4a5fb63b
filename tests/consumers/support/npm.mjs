// Runs npm and the programs that it installs.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const quietly = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];

/** Packs pkg/ into a folder, and returns the tarball's path. */
export function pack(folder) {
  const output = run(fileURLToPath(new URL("../../../pkg/", import.meta.url)), npm, ["pack", "--json", "--pack-destination", folder]);
  return join(folder, JSON.parse(output)[0].filename);
}

/** Installs the dependencies of a folder's lock file and the packed package, without install scripts. */
export function install(folder) {
  run(folder, npm, ["ci", "--ignore-scripts", ...quietly]);
  run(folder, npm, ["install", "--no-save", "--ignore-scripts", ...quietly, process.env.TARBALL]);
  if (existsSync(join(folder, "node_modules/node"))) installNode(folder);
}

/** Installs the newer Node of a folder that depends on the package `node`. The programs in `node_modules/.bin` then run in it. */
function installNode(folder) {
  // Only this package's install script must run: it installs the binary for this platform.
  run(join(folder, "node_modules/node"), process.execPath, ["installArchSpecificPackage.js"]);
  run(folder, npm, ["rebuild", "--ignore-scripts", "node"]);
}

/** Runs a script of a folder's package.json. */
export function runScript(folder, name) {
  run(folder, npm, ["run", name]);
}

/** Runs a program and returns its output. If it fails, the error has the last lines of the output. */
export function run(folder, program, args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  if (status === 0) return stdout;
  const end = `${stdout}${stderr}`.trim().split("\n").slice(-30).join("\n");
  throw new Error(`${program} ${args.join(" ")} failed${error ? ` (${error.message})` : ""}:\n${end}`);
}

/** Starts a program in a folder, with additional environment variables. `stop` ends it. */
export function start(folder, program, args, variables = {}) {
  const env = { ...process.env, PATH: `${join(folder, "node_modules/.bin")}${delimiter}${process.env.PATH}`, ...variables };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    async stop() {
      child.kill();
      await ended;
    },
  };
}
