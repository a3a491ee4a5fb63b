// Links that lead out of docs/ to other files of the repository: typings have a page of the site, the others are shown by the repository.

import { posix } from "node:path";
import { repository } from "./project.mjs";

/** The typings by their place in the repository, and what TypeDoc has made of each. */
const documented = {
  "../pkg/index.d.ts": "/api/smartrust/",
  "../pkg/backend.d.ts": "/api/smartrust/backend/",
  "../pkg/fhirclient.d.ts": "/api/smartrust/fhirclient/",
  "../pkg/testing.d.ts": "/api/smartrust/testing/",
};

export function outsideLinks(md) {
  md.core.ruler.push("outside-links", ({ tokens, env }) => {
    const links = tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open");
    for (const link of links) lead(link, env.relativePath ?? "");
  });
}

function lead(link, page) {
  const target = targetOf(link.attrGet("href"), page);
  if (target.startsWith("../")) link.attrSet("href", documented[target] ?? `${repository}/blob/main/${target.slice("../".length)}`);
}

/** Where a link leads, from docs/; nothing where it is no path of the repository. */
function targetOf(href, page) {
  return /^([a-z]+:|[/#])/i.test(href) ? "" : posix.join(posix.dirname(page), href);
}
