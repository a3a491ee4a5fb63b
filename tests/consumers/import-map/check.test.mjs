// The page has the head of docs/guide/content-security-policy.md, including its hash.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { blocksOf } from "../../docs/support/pages.mjs";
import { ehrOrigin } from "../../e2e/support/servers.mjs";
import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const [{ text: head }, ...others] = blocksOf("docs/guide/content-security-policy.md").filter(({ text }) => text.includes("importmap"));
if (others.length > 0) throw new Error("docs/guide/content-security-policy.md has more than one page with an import map");

const page = readFileSync(fileURLToPath(new URL("../app/index.html", import.meta.url)), "utf8");
const consumer = await Consumer.in(import.meta.dirname);
consumer.write("index.html", page.replace(/<script .*<\/script>/, head.replace("https://ehr.example", ehrOrigin)));

checkLaunch("a page with an import map and its own content security policy", consumer, () => consumer.served(".", { policy: "" }));
