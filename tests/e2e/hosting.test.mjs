// The content security policy of the launcher's site, and a site below a path.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Launcher } from "./pages/launcher.mjs";
import { html, startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient, openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { appOrigin, iss } from "./support/servers.mjs";

const moved = `${appOrigin}/apps/record`;
const elsewhere = await startAttacker({
  "/frame": () => html(`<iframe title="launcher" src="${appOrigin}/"></iframe>`),
});

test("S13 a patient connects to a launcher below a path, and no request goes to the root", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page, { home: moved });
  assert.ok(includesAll(await launcher.banner().innerText(), (await patientOf(traffic)).names));
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Connection" }).click();
  await page.waitForURL(`${moved}/session`);
  await launcher.heading("Who you are").waitFor();
  await page.reload();
  await launcher.heading("Who you are").waitFor();
  await launcher.signOut();
  await page.waitForURL(`${moved}/`);
  await page.getByText("You are signed out.").waitFor();
  const strays = traffic.to(`${appOrigin}/`).filter((request) => !request.url().startsWith(`${moved}/`));
  assert.deepEqual(strays.map((request) => request.url()).filter((url) => !url.endsWith("/favicon.ico")), []);
});

test("the footer leads to the licenses of the linked code", async ({ page, context }) => {
  for (const home of [appOrigin, moved]) {
    await page.goto(`${home}/`);
    const opened = context.waitForEvent("page");
    await page.getByRole("contentinfo").getByRole("link", { name: "Licenses of the software in this app" }).click();
    const licenses = await opened;
    await licenses.waitForLoadState();
    assert.equal(licenses.url(), `${home}/THIRD-PARTY-LICENSES.txt`);
    const text = await licenses.locator("body").innerText();
    assert.ok(includesAll(text, ["Third-party licenses", "leptos 0.8", "Permission is hereby granted", "Dönszelmann"]), text.slice(0, 500));
  }
});

test("S13 an EHR launch opens a launcher below a path", async ({ page, traffic }) => {
  const { name } = await openChart(page, 3);
  const link = page.getByRole("region", { name: "FHIR Launch" }).getByRole("link", { name: /launcher/i });
  const launch = await page.request.get(new URL(await link.getAttribute("href"), page.url()).href, { maxRedirects: 0 });
  const { search } = new URL(launch.headers().location);
  await page.goto(`${moved}/launch${search}`);
  const launcher = new Launcher(page, moved);
  await launcher.waitForRecord();
  assert.ok(includesAll(name, (await patientOf(traffic)).names));
});

test("S13 a page can only connect to the configured servers", async ({ page, traffic }) => {
  await connectAsPatient(page);
  assert.ok(traffic.to(iss).length > 0);
  const before = elsewhere.received.length;
  const outcome = await page.evaluate(connect, `${elsewhere.origin}/steal`);
  assert.deepEqual(outcome, { directive: "connect-src", failed: true });
  assert.equal(elsewhere.received.length, before);
}, { blocks: /connect-src|Refused to connect/ });

test("S13 the policy applies even if the host sends no header", async ({ page }) => {
  await page.route(`${appOrigin}/`, async (route) => {
    const response = await route.fetch();
    const { "content-security-policy": policy, ...headers } = response.headers();
    assert.match(policy, /frame-ancestors/);
    await route.fulfill({ response, headers });
  });
  await page.goto(appOrigin);
  await new Launcher(page).connectButton().waitFor();
  const outcome = await page.evaluate(connect, `${elsewhere.origin}/steal`);
  assert.deepEqual(outcome, { directive: "connect-src", failed: true });
}, { blocks: /connect-src|Refused to connect/ });

test("S13 a form can only be submitted to the configured servers", async ({ page }) => {
  await page.goto(appOrigin);
  await new Launcher(page).connectButton().waitFor();
  const before = elsewhere.received.length;
  const directive = await page.evaluate(post, `${elsewhere.origin}/steal`);
  assert.equal(directive, "form-action");
  assert.equal(elsewhere.received.length, before);
}, { blocks: /form-action/ });

test("S13 a site that is not configured cannot show the launcher in a frame", async ({ page }) => {
  await page.goto(`${elsewhere.origin}/frame`);
  const frame = await (await page.getByTitle("launcher").elementHandle()).contentFrame();
  await page.waitForLoadState("networkidle");
  assert.equal(await frame.getByText("See your health record").count(), 0);
}, { blocks: /frame-ancestors/ });

test("S15 a browser keeps the files with a hash in their names, and asks again for every other file", async ({ page }) => {
  await page.goto(appOrigin);
  const files = await page.evaluate(() => {
    const { src, dataset } = document.querySelector("script[data-wasm]");
    return [src, dataset.glue, dataset.wasm, ...[...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], header img")].map((element) => element.href ?? element.src)].map((url) => new URL(url, location).href);
  });
  for (const url of files) {
    const response = await page.request.get(url);
    const [, hash] = url.match(/\.([0-9a-f]{16})\.(?:css|js|svg|wasm)$/);
    assert.equal(createHash("sha256").update(await response.body()).digest("hex").slice(0, 16), hash, url);
    assert.equal(response.headers()["cache-control"], "public, max-age=31536000, immutable", url);
    const old = await page.request.get(url.replace(hash, "0".repeat(16)));
    assert.equal(old.status(), 404);
    assert.doesNotMatch(old.headers()["cache-control"] ?? "", /immutable/);
  }
  for (const path of ["/", "/launch", "/code", "/record", "/session", "/launcher.config.json"]) {
    assert.equal((await page.request.get(appOrigin + path)).headers()["cache-control"], "no-cache", path);
  }
});

/** Runs in a page: tries to connect, and returns the directive that blocked it. */
async function connect(url) {
  const blocked = new Promise((resolve) => addEventListener("securitypolicyviolation", resolve, { once: true }));
  const failed = await fetch(url).then(() => false, () => true);
  return { directive: failed ? (await blocked).effectiveDirective : undefined, failed };
}

/** Runs in a page: submits a form, and returns the directive that blocked it. */
async function post(url) {
  const blocked = new Promise((resolve) => addEventListener("securitypolicyviolation", resolve, { once: true }));
  const form = Object.assign(document.createElement("form"), { action: url, method: "post" });
  document.body.append(form);
  form.submit();
  return (await blocked).effectiveDirective;
}
