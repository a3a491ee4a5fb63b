// Links that lead out of docs/ to other files of the repository: the site does not hold those, so it shows their text alone.

import { posix } from "node:path";

export function outsideLinks(md) {
  md.core.ruler.push("outside-links", ({ tokens, env }) => {
    for (const { children } of tokens) if (children) unlink(children, env.relativePath ?? "");
  });
}

function unlink(tokens, page) {
  let isOutside = false;
  for (const token of tokens) {
    if (token.type === "link_open") isOutside = leadsOut(token.attrGet("href"), page);
    if (!isOutside) continue;
    if (token.type === "link_open" || token.type === "link_close") Object.assign(token, { type: "outside", tag: "span", attrs: null });
    if (token.type === "outside" && token.nesting === -1) isOutside = false;
  }
}

function leadsOut(href, page) {
  return !/^([a-z]+:|[/#])/i.test(href) && posix.join(posix.dirname(page), href).startsWith("../");
}
