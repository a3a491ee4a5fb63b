// Stored records that were modified, and browsers whose storage is blocked or full.

import assert from "node:assert/strict";
import { Launcher } from "../pages/launcher.mjs";
import { test } from "../support/browser.mjs";
import { confirmAtPortal, connectAsPatient } from "../support/flows.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, withSession } from "../support/package.mjs";
import { appOrigin, ehr, iss } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";

/** Opens a page that does not use the session. A page that does stores it again after it has checked the ID token's signature. */
function leaveSession(page) {
  return page.goto(`${appOrigin}/THIRD-PARTY-LICENSES.txt`);
}

/** Replaces each stored session by what `change` returns. `change` runs in the page. */
function tamper(page, change) {
  return page.evaluate(`(() => {
    for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith("smartrust.session."))) {
      sessionStorage.setItem(key, (${change})(sessionStorage.getItem(key)));
    }
  })()`);
}

/** Makes `setItem` throw as with a full disk, for keys for which `isFull` returns true. It runs before every script of the page. */
function fillStorage(page, isFull) {
  return page.addInitScript(`{
    const setItem = Storage.prototype.setItem;
    Storage.prototype.setItem = function (key, value) {
      if ((${isFull})(key)) throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      return setItem.call(this, key, value);
    };
  }`);
}

test("S4 a stored session that is corrupt or of another client or server is ignored", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  assert.equal(await outcome(page), "session");
  await leaveSession(page);
  const [key, good] = await page.evaluate(() => Object.entries(sessionStorage).find(([key]) => key.startsWith("smartrust.session.")));
  const before = traffic.to(`${iss}/`).length;
  for (const change of [
    (text) => text.slice(0, text.length / 2),
    () => "null",
    () => "[]",
    () => '"text"',
    () => "{}",
    () => "\u0000",
    () => `{"server":${"[".repeat(5000)}`,
    (text) => JSON.stringify({ ...JSON.parse(text), clientId: "another" }),
    (text) => JSON.stringify({ ...JSON.parse(text), server: "another" }),
    (text) => JSON.stringify({ ...JSON.parse(text), fhirBase: "https://evil.example/fhir" }),
    (text) => JSON.stringify({ ...JSON.parse(text), accessToken: { toString: 1 } }),
    (text) => JSON.stringify({ ...JSON.parse(text), endpoints: { token: "javascript:alert(1)" } }),
    (text) => JSON.stringify({ ...JSON.parse(text), context: "patient" }),
  ]) {
    await page.evaluate(([key, good]) => sessionStorage.setItem(key, good), [key, good]);
    await tamper(page, change);
    await page.goto(home);
    const found = await outcome(page);
    // A context that is not an object only loses the patient. Every other change makes the session invalid.
    if (!String(change).includes("context")) assert.equal(found, "none", String(change));
  }
  assert.equal(traffic.to(`${iss}/`).length, before, "no request uses a corrupt session");
  await page.evaluate(([key, good]) => sessionStorage.setItem(key, good), [key, good]);
  await page.reload();
  assert.equal(await outcome(page), "session");
});

test("S4 the launcher ignores a corrupt session and connects again", async ({ page }) => {
  const launcher = await connectAsPatient(page);
  await leaveSession(page);
  await tamper(page, (text) => text.replace(/"clientId":"[^"]*"/, '"clientId":"another"'));
  await page.goto(`${appOrigin}/record`);
  await launcher.heading("No record is open").waitFor();
  await launcher.connect();
  await confirmAtPortal(page, { isLoggedIn: true });
  await launcher.waitForRecord();
});

test("S4 a pending launch that was modified in the store is not completed", async ({ page, context, traffic }) => {
  await removePageScript(context);
  for (const change of [
    (launch) => ({ ...launch, clientId: "another" }),
    (launch) => ({ ...launch, server: "another" }),
    (launch) => ({ ...launch, endpoints: undefined }),
    () => ({}),
  ]) {
    await authorizeAtPortal(page);
    await page.evaluate(`(() => {
      const key = "smartrust.launch." + new URLSearchParams(location.search).get("state");
      sessionStorage.setItem(key, JSON.stringify((${change})(JSON.parse(sessionStorage.getItem(key)))));
    })()`);
    assert.equal(await outcome(page), "state_mismatch", String(change));
  }
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});

test("S4 if the browser blocks storage, the page says so before it navigates to the EHR", async ({ page, traffic }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "sessionStorage", {
      get() {
        throw new DOMException("blocked", "SecurityError");
      },
    });
  });
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  await launcher.alert().getByText("This browser does not save data for this page").first().waitFor();
  await launcher.button("Connect").click();
  await launcher.section("See your health record").getByText("This browser does not save data for this page").waitFor();
  assert.ok(page.url().startsWith(appOrigin));
  assert.deepEqual(traffic.to(`${ehr}/oauth/`).map((request) => request.url()), []);
});

test("S4 if storage is full, the page says so before it navigates to the EHR", async ({ page, traffic }) => {
  await fillStorage(page, () => true);
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  await launcher.button("Connect").click();
  await page.getByText("This browser does not save data for this page").first().waitFor();
  assert.ok(page.url().startsWith(appOrigin));
  assert.deepEqual(traffic.to(`${ehr}/oauth/`).map((request) => request.url()), []);
});

test("S4 C12 if storage is full at the redirect, the record is shown, and the page says that the sign-in is not saved", async ({ page }) => {
  await fillStorage(page, (key) => key.startsWith("smartrust.session."));
  const launcher = await connectAsPatient(page);
  await page.getByRole("status").getByText("This browser did not keep your sign-in.").waitFor();
  await launcher.waitForCompleteRecord();
  assert.ok(!(await everythingStored(page)).includes("accessToken"));
  await page.reload();
  await launcher.heading("No record is open").waitFor();
});

test("C12 a session that could not be stored reports it, reads and refreshes", async ({ page, context }) => {
  await removePageScript(context);
  await fillStorage(page, (key) => key.startsWith("smartrust.session."));
  await authorizeAtPortal(page);
  const result = await withSession(page, async ({ session }) => {
    const codes = (await session.findings()).map(({ code }) => code);
    const code = await session.refresh().catch((error) => error.code);
    return [session.stored, session.active, codes, code, (await session.patient.read()).resourceType];
  });
  assert.deepEqual(result, [false, true, ["session_not_stored"], "storage_unavailable", "Patient"]);
});

test("R3 if storage is full at a refresh, neither the session nor the new refresh token is lost", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  await outcome(page);
  const refreshes = await withSession(page, async ({ session }) => {
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = () => {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    };
    const full = await session.refresh().catch((error) => error.code);
    Storage.prototype.setItem = setItem;
    const again = await session.refresh().then(() => "refreshed", (error) => error.code);
    return { full, again, patient: (await session.read(`Patient/${session.patient}`)).resourceType };
  });
  assert.deepEqual(refreshes, { full: "storage_unavailable", again: "refreshed", patient: "Patient" });
  assert.equal(traffic.tokenRequests("refresh_token").length, 2);
  const [first, second] = traffic.tokenRequests("refresh_token").map((request) => new URLSearchParams(request.postData()).get("refresh_token"));
  assert.notEqual(first, second);
});
