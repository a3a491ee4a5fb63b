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
export const pages = ["README.md", "pkg/README.md", "examples/sandbox-ehr/README.md", ...pagesBelow("docs")].sort();

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

/** A page's text without its blocks, and with the pages that it includes. */
export function proseOf(page) {
  const included = textOf(page).replace(/<!--@include: (\S+?)(\{.*\})?-->/g, (_, path) => textOf(join(dirname(page), path)));
  return included.replace(/^\s*```[^]*?^\s*```$/gm, "");
}

/** The names of a page's headings in addresses. */
export function anchorsOf(page) {
  const headings = proseOf(page).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s+/g, "-"));
}

/** The links and images of a page that lead to files of the repository: path from the root, and anchor. */
export function linksOf(page) {
  const found = proseOf(page).matchAll(/\]\(([^)\s]+)\)/g);
  const front = textOf(page).matchAll(/^\s+link: (\S+)$/gm);
  const local = [...found, ...front].map(([, href]) => href).filter((href) => !/^[a-z]+:/i.test(href));
  return local.map((href) => {
    const [path, anchor] = href.split("#");
    const from = path.startsWith("/") ? `docs${path}` : join(dirname(page), path);
    const file = path === "" ? page : [from, `${from}.md`].find((name) => existsSync(join(root, name)));
    return { href, file, anchor };
  });
}
