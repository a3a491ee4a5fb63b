// The URLs of the repository and of the website, from the workspace's Cargo.toml.

import { readFileSync } from "node:fs";

const manifest = readFileSync(new URL("../../Cargo.toml", import.meta.url), "utf8");

function setting(name) {
  const [, value] = new RegExp(`^${name} = "(.+)"$`, "m").exec(manifest) ?? [];
  if (!value) throw new Error(`Cargo.toml has no ${name}: add it to [workspace.package]`);
  return value;
}

export const repository = setting("repository");

/** Ends with a slash. */
export const homepage = setting("homepage");
