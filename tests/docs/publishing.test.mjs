// What is published names this project's URLs as Cargo.toml does, and its files fit the repository.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { posix } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { homepage, repository } from "../../docs/.vitepress/project.mjs";
import { pages, root, textOf } from "./support/pages.mjs";

const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).trim().split("\n");

/** The READMEs that registries show, where a relative link leads nowhere. */
const published = ["pkg/README.md", "sdk/README.md"];

const yaml = (file) => load(textOf(file));

test("package.json has the URLs and the author of Cargo.toml", () => {
  const manifest = JSON.parse(textOf("pkg/package.json"));
  assert.deepEqual(manifest.repository, { type: "git", url: `git+${repository}.git`, directory: "pkg" });
  assert.deepEqual(manifest.bugs, { url: `${repository}/issues` });
  assert.equal(manifest.homepage, homepage);
  assert.ok(textOf("Cargo.toml").includes(`authors = ["${manifest.author}"]`), manifest.author);
});

test("every URL of this project begins with the repository or the homepage of Cargo.toml", () => {
  const texts = files.filter((file) => /\.(md|ya?ml|json|toml|mjs|js|ts|rs|html)$/.test(file) && !file.endsWith("package-lock.json"));
  const found = texts.flatMap((file) =>
    [...textOf(file).matchAll(/https:\/\/(?:github\.com\/[\w.-]+|[\w.-]+\.github\.io)\/smartrust\b[^\s"')>\]]*/g)].map(([url]) => ({ file, url })),
  );
  for (const file of ["SECURITY.md", "CODE_OF_CONDUCT.md", ".github/ISSUE_TEMPLATE/config.yml", "README.md", ...published]) {
    assert.ok(found.some((one) => one.file === file), `${file} has no URL of this project`);
  }
  const own = (url) => [repository, homepage].some((start) => url === start || url.startsWith(start.replace(/\/?$/, "/")));
  assert.deepEqual(found.filter(({ url }) => !own(url.replace(/\.git$/, ""))), []);
});

test("links to the website lead to a page", () => {
  const links = files.filter((file) => /\.(md|ya?ml)$/.test(file)).flatMap((file) => [...textOf(file).matchAll(/https:\/\/[^\s"')>\]]+/g)].map(([url]) => url));
  const paths = links.filter((url) => url.startsWith(homepage)).map((url) => url.slice(homepage.length).split("#")[0]);
  assert.ok(paths.some((path) => path !== ""));
  // The APIs are generated.
  const written = paths.filter((path) => !/^(api|rust)\//.test(path));
  assert.deepEqual(written.filter((path) => !pages.includes(`docs/${path === "" ? "index.md" : path.replace(/\.html$/, ".md")}`)), []);
});

test("the READMEs that registries show have absolute links only", () => {
  for (const page of published) {
    const hrefs = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => href);
    assert.ok(hrefs.length > 0, page);
    assert.deepEqual(hrefs.filter((href) => !href.startsWith("https://")), [], page);
  }
});

test("pages say that nothing is published until the changelog has a release", () => {
  const isReleased = /^## \[\d+\.\d+\.\d+\]/m.test(textOf("CHANGELOG.md"));
  const sayNot = pages.filter((page) => /not (on npm|on crates\.io|published) yet/.test(textOf(page)));
  if (isReleased) assert.deepEqual(sayNot, [], "say that the package is not published yet: remove that, as CONTRIBUTING.md says");
  else assert.deepEqual(sayNot, ["README.md", "docs/start.md"]);
});

test("dependencies are updated in every folder with a lock file", () => {
  const updated = (ecosystem) => {
    const updates = yaml(".github/dependabot.yml").updates.filter((update) => update["package-ecosystem"] === ecosystem);
    return updates.flatMap(({ directory, directories = [directory] }) => directories).sort();
  };
  const locked = (name) => files.filter((file) => posix.basename(file) === name).map((file) => posix.join("/", posix.dirname(file))).sort();
  assert.deepEqual(updated("npm"), locked("package-lock.json"));
  assert.deepEqual(updated("cargo"), locked("Cargo.lock"));
});

test("workflows pin their actions to commits, and only the jobs that publish may write", () => {
  const workflows = files.filter((file) => file.startsWith(".github/workflows/"));
  assert.ok(workflows.length >= 3);
  for (const file of workflows) {
    const { permissions, jobs } = yaml(file);
    assert.deepEqual(permissions, { contents: "read" }, file);
    for (const [name, job] of Object.entries(jobs)) {
      for (const { uses } of job.steps.filter((step) => step.uses)) assert.match(uses, /@[0-9a-f]{40}$/, `${file}: ${uses}`);
      const writes = Object.values(job.permissions ?? {}).includes("write");
      assert.equal(writes, ["npm", "crates", "github", "deploy"].includes(name), `${file}: ${name}`);
    }
  }
});
