// The pages of the documentation and their contents.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Folders with installed or generated pages. */
const excluded = ["node_modules", "api"];

function pagesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return excluded.includes(entry.name) ? [] : pagesBelow(path);
    return path.endsWith(".md") ? [path] : [];
  });
}

/** The paths of all pages, relative to the root. */
export const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "pkg/README.md", "sdk/README.md", ...pagesBelow("examples"), ...pagesBelow("docs")].sort();

export function textOf(page) {
  return readFileSync(join(root, page), "utf8");
}

/**
 * The fenced blocks of a page: language, text, line number, and from a comment before the block the variables that it uses (`uses`), or the
 * file that it is a part of (`file`).
 */
export function blocksOf(page) {
  const blocks = [];
  let [uses, file, open] = ["", undefined, null];
  for (const [index, line] of textOf(page).split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (open && fence) {
      blocks.push({ ...open, text: open.lines.join("\n") });
      open = null;
    } else if (open) {
      open.lines.push(line);
    } else if (fence) {
      open = { page, kind: fence[1].trim(), file, uses: uses.split(/[\s,]+/).filter(Boolean), line: index + 2, lines: [] };
    }
    uses = /^<!-- uses: (.*) -->$/.exec(line)?.[1] ?? "";
    file = /^<!-- file: (.*) -->$/.exec(line)?.[1];
  }
  if (open) throw new Error(`${page}: the block that begins at line ${open.line} does not end`);
  return blocks;
}

/** All blocks with some languages, except parts of files. */
export function blocks(...kinds) {
  return pages.flatMap(blocksOf).filter(({ kind, file }) => kinds.includes(kind) && file === undefined);
}

/** All blocks that are parts of files. */
export function parts() {
  return pages.flatMap(blocksOf).filter(({ file }) => file !== undefined);
}

/** Removes the fenced blocks from a text. */
function proseOf(text) {
  return text.replace(/^\s*```[^]*?^\s*```$/gm, "");
}

/** The anchors of a page's headings, including those of included pages. */
export function anchorsOf(page) {
  const whole = textOf(page).replace(/<!--@include: (\S+?)(\{.*\})?-->/g, (_, path) => textOf(join(dirname(page), path)));
  const headings = proseOf(whole).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s+/g, "-"));
}

/** The links and images of a page that lead to files in the repository: path from the root, and anchor. */
export function linksOf(page) {
  const found = proseOf(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g);
  const local = [...found].map(([, href]) => href).filter((href) => !/^[a-z]+:/i.test(href));
  return local.map((href) => {
    const [path, anchor] = href.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    return { href, anchor, file: existsSync(join(root, file)) ? file : undefined };
  });
}
