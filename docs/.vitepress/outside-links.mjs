// Links that lead out of docs/ to other files of the repository: typings have a page of the site; the others it does not hold, so it shows
// their text alone.

import { posix } from "node:path";

/** The typings by their place in the repository, and what TypeDoc has made of each. */
const documented = {
  "../pkg/index.d.ts": "/api/smartrust/",
  "../pkg/backend.d.ts": "/api/smartrust/backend/",
  "../pkg/fhirclient.d.ts": "/api/smartrust/fhirclient/",
};

export function outsideLinks(md) {
  md.core.ruler.push("outside-links", ({ tokens, env }) => {
    for (const { children } of tokens) if (children) lead(children, env.relativePath ?? "");
  });
}

function lead(tokens, page) {
  let isOutside = false;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const target = targetOf(token.attrGet("href"), page);
      isOutside = target.startsWith("../") && !documented[target];
      if (documented[target]) token.attrSet("href", documented[target]);
    }
    if (!isOutside) continue;
    if (token.type === "link_open" || token.type === "link_close") Object.assign(token, { type: "outside", tag: "span", attrs: null });
    if (token.type === "outside" && token.nesting === -1) isOutside = false;
  }
}

/** Where a link leads, from docs/; nothing where it is no path of the repository. */
function targetOf(href, page) {
  return /^([a-z]+:|[/#])/i.test(href) ? "" : posix.join(posix.dirname(page), href);
}
