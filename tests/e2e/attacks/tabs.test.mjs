// Several tabs with one session, tabs that close in the middle of a refresh, and forged messages.

import assert from "node:assert/strict";
import { html, startAttacker } from "../support/attacker.mjs";
import { test } from "../support/browser.mjs";
import { connectAsPatient } from "../support/flows.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, withApp } from "../support/package.mjs";
import { appOrigin, ehr } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";
import { until } from "../support/wait.mjs";

const tokenEndpoint = `${ehr}/oauth/token/`;
/** A configuration with which all tabs of the origin share their sessions. */
const shared = { server, store: "origin" };

/** Opens tabs with the same session. Each has the session in `window.session`, and the types of its events in `window.received`. */
async function tabsOf(context, page, count) {
  await removePageScript(context);
  await authorizeAtPortal(page, shared);
  assert.equal(await outcome(page, shared), "session");
  const pages = [page];
  while (pages.length < count) pages.push(await context.newPage());
  for (const tab of pages) {
    if (tab !== page) await tab.goto(home);
    await withApp(tab, shared, async ({ app }) => {
      [window.session] = await app.sessions();
      window.received = [];
      for (const type of ["refreshed", "signedout"]) session.addEventListener(type, () => received.push(type));
    });
  }
  return pages;
}

function refresh(tab) {
  return tab.evaluate(() => session.refresh().then(() => "refreshed", (error) => error.code));
}

function readPatient(tab) {
  return tab.evaluate(() => session.read(`Patient/${session.patient}`).then(() => "read", (error) => error.code));
}

test("R1 R2 ten tabs that refresh at once send one request, and all use its tokens", async ({ page, context, traffic }) => {
  const tabs = await tabsOf(context, page, 10);
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await context.route(tokenEndpoint, async (route) => {
    await released;
    await route.continue();
  });
  // Each tab calls several times. The response is held back until every tab has called.
  for (const tab of tabs) {
    await tab.evaluate(() => {
      const refresh = () => session.refresh().then(() => "refreshed", (error) => error.code);
      window.done = Promise.all([refresh(), refresh(), refresh()]);
    });
  }
  release();
  const outcomes = await Promise.all(tabs.map((tab) => tab.evaluate(() => done)));
  assert.deepEqual(new Set(outcomes.flat()), new Set(["refreshed"]));
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
  const { access_token } = await traffic.tokenResponse("refresh_token");
  assert.deepEqual(new Set(await Promise.all(tabs.map(readPatient))), new Set(["read"]));
  const reads = traffic.to(`${ehr}/fhir/Patient/`).filter((request) => request.method() === "GET");
  const used = await Promise.all(reads.slice(-10).map((request) => request.headerValue("authorization")));
  assert.deepEqual(new Set(used), new Set([`Bearer ${access_token}`]));
});

test("R2 R4 if a tab closes before its refresh reaches the server, another tab can refresh", async ({ page, context }) => {
  const [closing, other] = await tabsOf(context, page, 2);
  const silent = await startAttacker({ "/token": () => new Promise(() => {}) });
  await closing.route(tokenEndpoint, (route) => route.continue({ url: `${silent.origin}/token` }));
  await closing.evaluate(() => void session.refresh().catch(() => {}));
  await until("the refresh has been sent", () => silent.received.length === 1);
  const waiting = refresh(other);
  await closing.close();
  assert.equal(await waiting, "refreshed");
  assert.equal(await readPatient(other), "read");
  assert.deepEqual(await other.evaluate(() => received), ["refreshed"]);
});

test("R3 R5 if a tab closes after the server has rotated the refresh token, the other tab's session ends once", async ({ page, context, traffic }) => {
  const [closing, other] = await tabsOf(context, page, 2);
  let respond;
  const rotated = new Promise((resolve) => (respond = resolve));
  await closing.route(tokenEndpoint, async (route) => respond(await route.fetch()));
  await closing.evaluate(() => void session.refresh().catch(() => {}));
  assert.ok((await rotated).ok());
  await closing.close();
  assert.equal(await refresh(other), "invalid_grant");
  assert.deepEqual(await other.evaluate(() => received), ["signedout"]);
  assert.equal(await refresh(other), "invalid_grant");
  assert.equal(traffic.tokenRequests("refresh_token").length, 2, "an ended session sends no request");
  assert.ok(!(await everythingStored(other)).includes("refreshToken"));
  await other.reload();
  assert.equal(await outcome(other, shared), "none");
});

test("A9 S2 messages from a page of another origin neither end nor change a session", async ({ page, context, traffic }) => {
  const elsewhere = await startAttacker({ "/lure": () => html("<p>Elsewhere</p>") });
  await page.goto(`${elsewhere.origin}/lure`);
  const opening = page.waitForEvent("popup");
  await page.evaluate((url) => void (window.victim = window.open(url)), appOrigin);
  const popup = await opening;
  const launcher = await connectAsPatient(popup);
  await launcher.waitForCompleteRecord();
  const tokens = await traffic.tokenResponse("authorization_code");
  const [[key, record]] = await popup.evaluate(() => Object.entries(sessionStorage).filter(([key]) => key.startsWith("smartrust.session.")));
  const forged = JSON.stringify({ ...JSON.parse(record), accessToken: "forged" });

  await page.evaluate(([topic, forged]) => {
    const messages = ["signed_out", forged, { type: topic, data: "signed_out" }, { data: forged }, null, 7];
    const channel = new BroadcastChannel(topic);
    for (const message of messages) {
      channel.postMessage(message);
      window.victim?.postMessage(message, "*");
    }
  }, [key, forged]);
  await popup.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  const stored = await everythingStored(popup);
  assert.ok(stored.includes(tokens.access_token) && !stored.includes("forged"));
  await popup.reload();
  await launcher.waitForRecord();
  assert.deepEqual(traffic.to(ehr).filter((request) => request.headers().authorization?.includes("forged")), []);
});

test("S4 R2 a message on the session's channel that is corrupt or about another patient changes nothing", async ({ page, context }) => {
  const [tab, other] = await tabsOf(context, page, 2);
  const [key, record] = await tab.evaluate(() => Object.entries(localStorage).find(([key]) => key.startsWith("smartrust.session.")));
  const good = JSON.parse(record);
  const wrong = [
    "",
    "{}",
    "nonsense",
    record.slice(0, 100),
    JSON.stringify({ ...good, accessToken: "forged", clientId: "another" }),
    JSON.stringify({ ...good, accessToken: "forged", server: "another" }),
    JSON.stringify({ ...good, accessToken: "forged", context: { ...good.context, patient: "2" } }),
  ];
  await other.evaluate(([topic, wrong]) => {
    const channel = new BroadcastChannel(topic);
    for (const message of wrong) channel.postMessage(message);
    channel.postMessage({ accessToken: "forged" });
  }, [key, wrong]);
  await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  assert.deepEqual(await tab.evaluate(() => received), []);
  assert.equal(await readPatient(tab), "read");
  assert.ok(!(await everythingStored(tab)).includes("forged"));
});
