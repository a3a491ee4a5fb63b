// The npm package, called in a page as an app does.

import assert from "node:assert/strict";
import { injectFault, clearFaults } from "./support/control.mjs";
import { PlainPage } from "./pages/plain.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { signIn, withSession } from "./support/package.mjs";
import { iss } from "./support/servers.mjs";

test("loadRecord() reports progress, types that were not shared, and types that failed", async ({ page, traffic }) => {
  await signIn(page, { deny: ["Condition"] });
  await injectFault({ path: "/webchart.cgi/fhir/Encounter", method: "GET", status: 500 });
  try {
    const before = traffic.to(`${iss}/Condition`).length;
    const { parts, reports } = await withSession(page, async ({ session }) => {
      const reports = [];
      const parts = await session.loadRecord({
        queries: ["Condition", "Encounter", { type: "Observation", parameters: { category: "vital-signs" } }],
        onPart: (part, index) => reports.push([index, part.state]),
      });
      return { parts, reports };
    });
    assert.deepEqual(parts.map(({ state }) => state), ["notgranted", "failed", "complete"]);
    assert.ok(parts[2].resources.length > 0);
    assert.equal(parts[2].resources.length, parts[2].total);
    assert.deepEqual(parts[2].others, []);
    assert.deepEqual(reports.filter(([index]) => index < 2), [[0, "notgranted"], [1, "failed"]]);
    assert.ok(reports.some(([index, state]) => index === 2 && state === "loading"));
    assert.equal(traffic.to(`${iss}/Condition`).length, before, "a type that was not granted was requested");
  } finally {
    await clearFaults();
  }
});

test("F3 headers are sent for all pages of a search, also if they are a Headers instance", async ({ page, context }) => {
  await signIn(page);
  const languages = [];
  context.on("request", (request) => {
    const isPage = request.url().startsWith(iss) && request.method() === "GET";
    if (isPage) languages.push(request.headerValue("Accept-Language"));
  });
  const found = await withSession(page, async ({ session }) => {
    const headers = new Headers({ "Accept-Language": "gsw" });
    const parameters = { patient: session.patient, _count: 5 };
    return (await session.search("Observation", parameters, { headers, limit: 12 }).toArray()).length;
  });
  assert.equal(found, 12);
  assert.ok(languages.length >= 3, `${languages.length} pages were requested`);
  assert.deepEqual(new Set(await Promise.all(languages)), new Set(["gsw"]));
});

test("F7 a signal aborts a running search, and nothing is fetched after that", async ({ page, traffic }) => {
  await signIn(page);
  const code = await withSession(page, async ({ session }) => {
    const controller = new AbortController();
    const parameters = { patient: session.patient, _count: 1 };
    try {
      for await (const _ of session.search("Observation", parameters, { signal: controller.signal })) controller.abort();
    } catch (error) {
      return error.code;
    }
    return "no error";
  });
  assert.equal(code, "aborted");
  const count = traffic.to(iss).length;
  await page.waitForLoadState("networkidle");
  assert.equal(traffic.to(iss).length, count);
});

test("sessions of the same tab can be listed, selected and ended individually", async ({ page }) => {
  await signIn(page);
  await page.goto(await withSession(page, ({ app }) => app.authorizationUrl()));
  await confirmAtPortal(page, { isLoggedIn: true });
  await new PlainPage(page).waitForRedirect();
  const { count, isCurrent, remaining } = await withSession(page, async ({ app, session }) => {
    const sessions = await app.sessions();
    const other = sessions.find(({ id }) => id !== session.id);
    await other.makeCurrent();
    const isCurrent = (await app.resume()) === other;
    await other.signOut();
    const remaining = (await app.sessions()).map(({ id }) => id === session.id);
    return { count: sessions.length, isCurrent, remaining };
  });
  assert.equal(count, 2);
  assert.ok(isCurrent);
  assert.deepEqual(remaining, [true]);
});
