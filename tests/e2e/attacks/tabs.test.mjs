// Many tabs of one session at once, one that dies, and pages that speak out of turn.

import assert from "node:assert/strict";
import { html, startAttacker } from "../support/attacker.mjs";
import { test } from "../support/browser.mjs";
import { connectAsPatient } from "../support/flows.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, withApp } from "../support/package.mjs";
import { appOrigin, ehr } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";
import { until } from "../support/wait.mjs";

const tokenEndpoint = `${ehr}/oauth/token/`;
/** A session that all tabs of the origin share. */
const shared = { server, store: "origin" };

/** Tabs that hold the same session, each with it in `window.session`, and its events in `window.heard`. */
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
      window.heard = [];
      for (const type of ["refreshed", "signedout"]) session.addEventListener(type, () => heard.push(type));
    });
  }
  return pages;
}

function refresh(tab) {
  return tab.evaluate(() => session.refresh().then(() => "refreshed", (error) => error.code));
}

function readsItsPatient(tab) {
  return tab.evaluate(() => session.read(`Patient/${session.patient}`).then(() => "read", (error) => error.code));
}

test("R1 R2 ten tabs that refresh at once make one request, and all go on with its tokens", async ({ page, context, traffic }) => {
  const tabs = await tabsOf(context, page, 10);
  let asked;
  const allAsked = new Promise((resolve) => (asked = resolve));
  await context.route(tokenEndpoint, async (route) => {
    await allAsked;
    await route.continue();
  });
  // Several calls in each tab, too. The answer waits until every tab has begun.
  for (const tab of tabs) {
    await tab.evaluate(() => {
      const refresh = () => session.refresh().then(() => "refreshed", (error) => error.code);
      window.done = Promise.all([refresh(), refresh(), refresh()]);
    });
  }
  asked();
  const outcomes = await Promise.all(tabs.map((tab) => tab.evaluate(() => done)));
  assert.deepEqual(new Set(outcomes.flat()), new Set(["refreshed"]));
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
  const { access_token } = await traffic.tokenResponse("refresh_token");
  assert.deepEqual(new Set(await Promise.all(tabs.map(readsItsPatient))), new Set(["read"]));
  const reads = traffic.to(`${ehr}/fhir/Patient/`).filter((request) => request.method() === "GET");
  const used = await Promise.all(reads.slice(-10).map((request) => request.headerValue("authorization")));
  assert.deepEqual(new Set(used), new Set([`Bearer ${access_token}`]));
});

test("R2 R4 a tab that dies before its refresh has left lets the next one refresh", async ({ page, context }) => {
  const [dying, other] = await tabsOf(context, page, 2);
  const silent = await startAttacker({ "/token": () => new Promise(() => {}) });
  await dying.route(tokenEndpoint, (route) => route.continue({ url: `${silent.origin}/token` }));
  await dying.evaluate(() => void session.refresh().catch(() => {}));
  await until("the refresh is under way", () => silent.received.length === 1);
  const waiting = refresh(other);
  await dying.close();
  assert.equal(await waiting, "refreshed");
  assert.equal(await readsItsPatient(other), "read");
  assert.deepEqual(await other.evaluate(() => heard), ["refreshed"]);
});

test("R3 R5 a tab that dies after the server has changed the refresh token leaves the other with one clear end", async ({ page, context, traffic }) => {
  const [dying, other] = await tabsOf(context, page, 2);
  let answered;
  const changed = new Promise((resolve) => (answered = resolve));
  await dying.route(tokenEndpoint, async (route) => answered(await route.fetch()));
  await dying.evaluate(() => void session.refresh().catch(() => {}));
  assert.ok((await changed).ok());
  await dying.close();
  assert.equal(await refresh(other), "invalid_grant");
  assert.deepEqual(await other.evaluate(() => heard), ["signedout"]);
  assert.equal(await refresh(other), "invalid_grant");
  assert.equal(traffic.tokenRequests("refresh_token").length, 2, "an ended session asks no more");
  assert.ok(!(await everythingStored(other)).includes("refreshToken"));
  await other.reload();
  assert.equal(await outcome(other, shared), "none");
});

test("A9 S2 a page of another origin that posts messages neither ends nor changes a session", async ({ page, context, traffic }) => {
  const elsewhere = await startAttacker({ "/lure": () => html("<p>Elsewhere</p>") });
  await page.goto(`${elsewhere.origin}/lure`);
  const opening = page.waitForEvent("popup");
  await page.evaluate((address) => void (window.victim = window.open(address)), appOrigin);
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

test("S4 R2 a message on the session's own channel that is damaged or about another patient changes nothing", async ({ page, context }) => {
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
  assert.deepEqual(await tab.evaluate(() => heard), []);
  assert.equal(await readsItsPatient(tab), "read");
  assert.ok(!(await everythingStored(tab)).includes("forged"));
});
