// Which session a page restores, if frames, tabs and apps share storage.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { PlainPage } from "./pages/plain.mjs";
import { Portal } from "./pages/portal.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal, connectAsPatient, openChart } from "./support/flows.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, signIn, withApp, withSession } from "./support/package.mjs";
import { appOrigin, ehr, iss, patientLogin } from "./support/servers.mjs";

const shared = { server, store: "origin" };
const secondLogin = { userName: "patient2", password: "portal-2" };

/** The patients whose data a page or frame requests from the FHIR server while `action` runs. */
async function requestedPatients(page, frame, action) {
  const patients = new Set();
  const listen = (request) => {
    if (request.frame() !== frame || !request.url().startsWith(`${iss}/`)) return;
    const { searchParams, pathname } = new URL(request.url());
    const patient = searchParams.get("patient") ?? pathname.match(/\/Patient\/([^/]+)$/)?.[1];
    if (patient) patients.add(patient);
  };
  page.on("request", listen);
  await action();
  page.off("request", listen);
  return [...patients];
}

/** Opens a page of the EHR with the launcher in two frames, for two patients. Returns both frames. */
async function openTwoFrames(page) {
  const app = "smartrust launcher";
  const { chart } = await openChart(page, 3);
  const url = await chart.frameUrl(app);
  await page.goto(ehr);
  await chart.openPatient(0);
  const first = await chart.launchInFrame(app);
  return [first, await addFrame(page, url)];
}

/** Adds a frame to a page. */
async function addFrame(page, url) {
  const frame = await page.evaluateHandle((src) => {
    const frame = Object.assign(document.createElement("iframe"), { src });
    document.querySelector("iframe").after(frame);
    // Chromium renders nothing in a frame of another site that is out of view, so nothing in it can be clicked.
    frame.scrollIntoView();
    return frame;
  }, url);
  return frame.asElement().contentFrame();
}

/** Waits until a frame shows a record. */
async function waitForVitalSigns(frame) {
  const launcher = new Launcher(frame);
  await launcher.waitForShown(launcher.section("Vital signs").getByText("Heart rate").first());
}

async function reload(frame) {
  const loaded = frame.waitForNavigation();
  await frame.evaluate(() => location.reload());
  await loaded;
  await waitForVitalSigns(frame);
}

test("S9 with two patients in two frames of one tab, a frame shows its own patient after a reload", async ({ page, traffic }) => {
  const frames = await openTwoFrames(page);
  await Promise.all(frames.map(waitForVitalSigns));
  const exchanges = traffic.tokenRequests("authorization_code");
  const patients = await Promise.all(
    frames.map(async (frame) => {
      const exchange = exchanges.find((request) => request.frame() === frame);
      return (await (await exchange.response()).json()).patient;
    }),
  );
  assert.notEqual(patients[0], patients[1]);
  for (const round of [0, 1, 0]) {
    assert.deepEqual(await requestedPatients(page, frames[round], () => reload(frames[round])), [patients[round]]);
  }
  // Another page of the app in the same frame continues the frame's session.
  await frames[0].evaluate(() => location.assign("/session"));
  const first = new Launcher(frames[0]);
  await first.waitForShown(first.heading("Who you are"));
  assert.deepEqual(await requestedPatients(page, frames[0], async () => {
    await frames[0].evaluate(() => location.assign("/record"));
    await frames[0].waitForURL(`${appOrigin}/record`);
    await waitForVitalSigns(frames[0]);
  }), [patients[0]]);
});

test("S9 a frame without a launch shows no record", async ({ page }) => {
  const frames = await openTwoFrames(page);
  await Promise.all(frames.map(waitForVitalSigns));
  const other = await addFrame(page, `${appOrigin}/record`);
  await new Launcher(other).heading("No record is open").waitFor();
});

/** Signs a patient in with a session that is stored for all tabs. Returns the patient's id. */
async function signInShared(page, login) {
  await page.goto(home);
  await page.goto(await withApp(page, shared, ({ app }) => app.authorizationUrl()));
  const portal = new Portal(page);
  await portal.logIn(login);
  await portal.allow();
  await page.waitForURL((url) => url.href.startsWith(home));
  return resumedPatient(page);
}

/** The patient of the session that a page restores, or `null`. */
function resumedPatient(page, config = shared) {
  return withApp(page, config, async ({ app }) => (await app.resume())?.patient.id ?? null);
}

test("S9 two tabs with a shared store keep their own patient after a reload", async ({ page, context }) => {
  await removePageScript(context);
  const other = await context.newPage();
  const first = await signInShared(page, patientLogin);
  const early = await context.newPage();
  await early.goto(home);
  assert.equal(await resumedPatient(early), first, "a new tab resumes the only session");
  await context.clearCookies();
  const second = await signInShared(other, secondLogin);
  assert.notEqual(first, second);
  for (const [tab, patient] of [[page, first], [other, second], [early, first]]) {
    await tab.reload();
    assert.equal(await resumedPatient(tab), patient);
    await tab.goto(`${home}?again`);
    assert.equal(await resumedPatient(tab), patient, "after navigation");
  }
  const late = await context.newPage();
  await late.goto(home);
  assert.equal(await resumedPatient(late), null, "with two sessions, a new tab resumes none");
});

test("S9 two apps of one origin at different paths neither read nor overwrite each other's session", async ({ page, context, traffic }) => {
  await signIn(page);
  const plain = (await traffic.tokenResponse("authorization_code")).patient;
  await context.clearCookies();
  const launcher = new Launcher(page);
  await launcher.connect();
  const portal = new Portal(page);
  await portal.logIn(secondLogin);
  await portal.allow();
  await launcher.waitForRecord();
  const requests = traffic.tokenRequests("authorization_code");
  const launched = (await (await requests.at(-1).response()).json()).patient;
  assert.notEqual(plain, launched);
  for (const round of [1, 2]) {
    await page.goto(home);
    assert.equal(await resumedPatient(page, { server }), plain, `round ${round}`);
    assert.equal(await withApp(page, { server }, async ({ app }) => (await app.sessions()).length), 1);
    // Waits until the page's own requests have ended, so that only the launcher's requests are recorded.
    await new PlainPage(page).waitForCompletion();
    const patients = await requestedPatients(page, page.mainFrame(), async () => {
      await page.goto(`${appOrigin}/record`);
      await launcher.waitForCompleteRecord();
    });
    assert.deepEqual(patients, [launched], `round ${round}`);
  }
});

test("S9 a page that went back in its history restores its last session after a reload", async ({ page, context }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  const [first, second] = await withApp(page, { server }, async ({ app }) => {
    const session = await app.resume();
    const other = await app.sessionFromToken("made-for-this-test", { patient: "another" });
    await session.makeCurrent();
    history.pushState(null, "", "?further");
    await other.makeCurrent();
    history.back();
    await new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    return [session.id, other.id];
  });
  await page.reload();
  assert.equal(await withSession(page, ({ session }) => session.id), second, "the page showed the second session at both URLs");
  assert.notEqual(first, second);
});

test("S9 after sign-out, the page has no session, even if another one is stored", async ({ page, context }) => {
  await removePageScript(context);
  await authorizeAtPortal(page, shared);
  assert.equal(await outcome(page, shared), "session");
  const other = await context.newPage();
  await other.goto(home);
  await withApp(other, shared, async ({ app }) => (await app.sessionFromToken("made-for-this-test")).signOut());
  assert.equal(await outcome(other, shared), "none");
  await other.reload();
  assert.equal(await outcome(other, shared), "none");
  await page.reload();
  assert.equal(await outcome(page, shared), "session");
});

test("C13 a session's id in the URL neither switches to that session nor ends the current one", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  const first = await withSession(page, ({ session }) => session.id);
  await authorizeAtPortal(page);
  const second = await withSession(page, ({ session }) => session.id);
  assert.notEqual(first, second);
  const exchanged = traffic.tokenRequests("authorization_code").length;
  const evil = encodeURIComponent("https://evil.example");
  for (const [query, code] of [
    [`error=access_denied&state=${first}`, "callback_replayed"],
    [`error=access_denied&state=${second}`, "callback_replayed"],
    [`code=x&state=${first}`, "callback_replayed"],
    [`code=x&iss=${evil}&state=${first}`, "invalid_callback"],
    [`code=x&iss=${evil}&state=${second}`, "invalid_callback"],
  ]) {
    await page.goto(`${home}?${query}`);
    assert.equal(await outcome(page), code, query);
    assert.equal(page.url(), home);
    await page.reload();
    assert.equal(await withSession(page, ({ session }) => session.id), second, query);
  }
  assert.equal(traffic.tokenRequests("authorization_code").length, exchanged);
});

test("C13 a link with a session's id does not open that session in the launcher of another tab", async ({ page, context }) => {
  await connectAsPatient(page);
  const opening = context.waitForEvent("page");
  // A window with an opener gets a copy of this tab's sessionStorage.
  const [id] = await page.evaluate(() =>
    Object.keys(sessionStorage).filter((key) => key.startsWith("smartrust.session.")).map((key) => key.split("session.")[1]),
  );
  await page.evaluate((url) => void window.open(url), `${appOrigin}/code?error=access_denied&state=${id}`);
  const window = await opening;
  await new Launcher(window).heading("This sign-in was used before").waitFor();
  await page.reload();
  await new Launcher(page).waitForRecord();
});

/** Signs in, duplicates the tab, and refreshes the session in the original before the duplicate loads it. Returns the duplicate. */
async function duplicateTab(page, context) {
  await removePageScript(context);
  await authorizeAtPortal(page);
  await withSession(page, ({ session }) => void (window.session = session));
  const opening = context.waitForEvent("page");
  await page.evaluate((url) => void window.open(url), home);
  const copy = await opening;
  await copy.waitForLoadState();
  await page.evaluate(() => session.refresh());
  return copy;
}

const refreshAndRead = (page) =>
  page.evaluate(async () => {
    await session.refresh();
    return [session.active, (await session.patient.read()).resourceType];
  });

test("R12 a duplicated tab that missed a refresh adopts the newer tokens", async ({ page, context, traffic }) => {
  const copy = await duplicateTab(page, context);
  await withSession(copy, ({ session }) => void (window.session = session));
  await copy.evaluate(() => session.refresh());
  assert.equal(traffic.tokenRequests("refresh_token").length, 1, "the old refresh token was sent");
  assert.deepEqual(await refreshAndRead(copy), [true, "Patient"]);
  assert.deepEqual(await refreshAndRead(page), [true, "Patient"]);
});

test("R12 if the old token of a duplicated tab is refused, only the session of that tab ends", async ({ page, context }) => {
  const copy = await duplicateTab(page, context);
  // The tab receives no messages, as if the browser had frozen it.
  await copy.evaluate(() => delete globalThis.BroadcastChannel);
  const headers = { "access-control-allow-origin": appOrigin };
  await copy.route(`${ehr}/oauth/token/`, (route) => route.fulfill({ status: 400, headers, json: { error: "invalid_grant" } }));
  const result = await withSession(copy, async ({ app, session }) => {
    const code = await session.refresh().catch((error) => error.code);
    return [code, session.active, await app.resume(), Object.keys(sessionStorage).filter((key) => key.startsWith("smartrust.session."))];
  });
  assert.deepEqual(result, ["invalid_grant", false, null, []]);
  assert.deepEqual(await refreshAndRead(page), [true, "Patient"]);
  await page.reload();
  assert.equal(await outcome(page), "session");
});

test("C11 if the token endpoint is unavailable, the launch is kept and can be completed later, also after a reload", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  let isDown = true;
  const headers = { "access-control-allow-origin": appOrigin };
  await page.route(`${ehr}/oauth/token/`, (route) =>
    isDown ? route.fulfill({ status: 503, headers, contentType: "text/html", body: "<h1>Down</h1>" }) : route.continue(),
  );
  await launcher.connect();
  await confirmAtPortal(page);
  await launcher.heading("The clinic has a problem").waitFor();
  await page.reload();
  await launcher.heading("The clinic has a problem").waitFor();
  isDown = false;
  await launcher.button("Try again").click();
  await launcher.waitForRecord();
  const sent = traffic.tokenRequests("authorization_code").map((request) => new URLSearchParams(request.postData()).get("code"));
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent).size, 1);
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes(sent[0]));
});
