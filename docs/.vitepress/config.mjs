import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { outsideLinks } from "./outside-links.mjs";
import { homepage, repository } from "./project.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const icon = encodeURIComponent(readFileSync(at("../../launcher-app/icon.svg"), "utf8"));

const page = (text, link) => ({ text, link });

/** What TypeDoc has listed of the package's main entry, with the other entries in it. */
const apiSidebar = at("../api/typedoc-sidebar.json");
const [main] = existsSync(apiSidebar) ? JSON.parse(readFileSync(apiSidebar, "utf8")) : [{ text: "smartrust", link: "/api/", items: [] }];
const isEntry = ({ link, items }) => link && items;
const entries = [main, ...main.items.filter(isEntry).map((entry) => ({ ...entry, text: `${main.text}/${entry.text}` }))];

/** A sidebar for each entry, always open: what can be closed is a button with a button in it. */
const api = Object.fromEntries(
  entries.map(({ link, items }) => [
    link,
    [
      page("Guides", "/start"),
      { text: "TypeScript", items: entries.map(({ text, link }) => page(text, link)) },
      ...items.filter((item) => !isEntry(item)).map(({ text, items }) => ({ text, items })),
    ],
  ]),
);

const guides = [
  {
    text: "Start",
    items: [page("Overview", "/"), page("Five-minute start", "/start"), page("Migrate from fhirclient", "/migrate-from-fhirclient")],
  },
  {
    text: "Launch",
    items: [
      page("Standalone launch", "/guide/standalone-launch"),
      page("EHR launch", "/guide/ehr-launch"),
      page("Finding a provider", "/guide/find-a-provider"),
      page("Trust communities", "/guide/trust-community"),
      page("Following the chart", "/guide/follow-the-chart"),
      page("Messages to the EHR", "/guide/messages"),
      page("Keeping app state", "/guide/app-state"),
      page("Scopes", "/guide/scopes"),
      page("Refresh and sign-out", "/guide/sessions"),
      page("Staying connected", "/guide/stay-connected"),
      page("Several servers and sessions", "/guide/several"),
      page("Frames and popups", "/guide/frames-and-popups"),
      page("Web workers", "/guide/workers"),
    ],
  },
  {
    text: "Data",
    items: [
      page("Reading FHIR", "/guide/reading-fhir"),
      page("Writing FHIR", "/guide/writing-fhir"),
      page("Bulk export", "/guide/bulk-export"),
    ],
  },
  {
    text: "Servers",
    items: [
      page("WebChart", "/guide/webchart"),
      page("HIEBus, Epic and others", "/guide/other-servers"),
      page("Discovery and registration", "/guide/registration"),
      page("Keys", "/guide/keys"),
      page("Client secrets: the token proxy", "/token-proxy"),
    ],
  },
  {
    text: "Build and test",
    items: [
      page("Bundlers", "/guide/bundlers"),
      page("Content security policy", "/guide/content-security-policy"),
      page("Deploying the launcher", "/guide/deploy"),
      page("Testing", "/guide/testing"),
      page("The sandbox EHR", "/sandbox-ehr"),
      page("Rust", "/rust-guide"),
    ],
  },
  {
    text: "Reference",
    items: [page("Errors", "/errors"), ...entries.map(({ text, link }) => page(text, link)), { text: "Rust crate", link: "/rust/smartrust/index.html", target: "_self" }],
  },
  {
    text: "The project",
    items: [
      page("Security", "/security"),
      page("Performance", "/performance"),
      page("Requirements", "/requirements"),
      page("Conformance", "/conformance"),
    ],
  },
];

/** The URL of a page on the website. */
function urlOf(page) {
  return new URL(page.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, ".html"), homepage).href;
}

export default defineConfig({
  title: "smartrust",
  description: "A SMART on FHIR client for the web, written in Rust",
  lang: "en",
  base: new URL(homepage).pathname,
  sitemap: { hostname: homepage },
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${icon}` }]],
  outDir: at(`${process.env.DOCS_SITE ?? "../../target/docs-site"}`),
  cacheDir: at("../../target/docs-cache"),
  transformHead: ({ page }) => (page === "404.md" ? [] : [["link", { rel: "canonical", href: urlOf(page) }]]),
  lastUpdated: false,
  markdown: { config: outsideLinks, theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  themeConfig: {
    nav: [
      page("Start", "/start"),
      page("Guides", "/guide/standalone-launch"),
      page("Errors", "/errors"),
      page("TypeScript", main.link),
      { text: "Rust", link: "/rust/smartrust/index.html", target: "_self" },
    ],
    sidebar: { "/": guides, ...api },
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: repository }],
    docFooter: { prev: "Previous", next: "Next" },
  },
});
