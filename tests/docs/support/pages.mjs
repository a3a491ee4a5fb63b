// The pages of the documentation, and what stands in them.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What is installed or made from other sources. */
const foreign = ["node_modules", "api"];

function pagesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return foreign.includes(entry.name) ? [] : pagesBelow(path);
    return path.endsWith(".md") ? [path] : [];
  });
}

/** Every page, by its path from the root. */
export const pages = ["README.md", "CONTRIBUTING.md", "pkg/README.md", "sdk/README.md", ...pagesBelow("examples"), ...pagesBelow("docs")].sort();

export function textOf(page) {
  return readFileSync(join(root, page), "utf8");
}

/** The fenced blocks of a page: kind, text, the line of its first line, and the names that a comment before it lends it. */
export function blocksOf(page) {
  const blocks = [];
  let [uses, open] = ["", null];
  for (const [index, line] of textOf(page).split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (open && fence) {
      blocks.push({ ...open, text: open.lines.join("\n") });
      open = null;
    } else if (open) {
      open.lines.push(line);
    } else if (fence) {
      open = { page, kind: fence[1].trim(), uses: uses.split(/[\s,]+/).filter(Boolean), line: index + 2, lines: [] };
    }
    uses = /^<!-- uses: (.*) -->$/.exec(line)?.[1] ?? "";
  }
  if (open) throw new Error(`${page}: the block that begins at line ${open.line} does not end`);
  return blocks;
}

/** All blocks of some kinds. */
export function blocks(...kinds) {
  return pages.flatMap(blocksOf).filter(({ kind }) => kinds.includes(kind));
}

/** A text without its blocks. */
function proseOf(text) {
  return text.replace(/^\s*```[^]*?^\s*```$/gm, "");
}

/** The names of a page's headings in addresses, also of those that it includes. */
export function anchorsOf(page) {
  const whole = textOf(page).replace(/<!--@include: (\S+?)(\{.*\})?-->/g, (_, path) => textOf(join(dirname(page), path)));
  const headings = proseOf(whole).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s+/g, "-"));
}

/** The links and images of a page that lead to files of the repository: path from the root, and anchor. */
export function linksOf(page) {
  const found = proseOf(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g);
  const local = [...found].map(([, href]) => href).filter((href) => !/^[a-z]+:/i.test(href));
  return local.map((href) => {
    const [path, anchor] = href.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    return { href, anchor, file: existsSync(join(root, file)) ? file : undefined };
  });
}
