// App state at the server and through the redirect, and tasks that launch an app.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { authorizeAtPortal, removePageScript, server, withApp } from "./support/package.mjs";
import { iss } from "./support/servers.mjs";

const code = "https://app.example|preferences";
const scope = `launch/patient openid fhirUser patient/Patient.rs patient/Basic.cuds?code=${code} patient/Task.rs`;
const config = { server: { ...server, scope } };

/** Signs a patient in, and runs a function in the page with the session. */
async function withSession(page, body, options) {
  await authorizeAtPortal(page, config, options);
  return withApp(page, config, `async ({ app, SmartError }) => (${body})({ session: await app.resume(), SmartError })`);
}

test("M3 app state is stored, changed at its version only, and is there on another device", async ({ page, context, traffic }) => {
  await removePageScript(context);
  const result = await withSession(page, async ({ session, SmartError }) => {
    const url = "https://app.example/preferences";
    const open = () => session.state("https://app.example|preferences", { subject: session.patient });
    const value = (basic) => basic?.extension?.[0]?.valueString;
    const [state, other] = [open(), open()];
    const before = await state.get();
    await state.set([{ url, valueString: "first" }]);
    await other.get();
    await other.set([{ url, valueString: "theirs" }]);
    const conflict = await state.set([{ url, valueString: "mine" }]).catch((error) => error);
    const merged = await state.set([{ url, valueString: `${value(conflict.current)} and mine` }]);
    const refused = await Promise.all(
      [[{ url, valueInteger: 1 }], [{ url, valueString: "x".repeat(300000) }], "text"].map((wrong) => state.set(wrong).catch((error) => error.code)),
    );
    return {
      before,
      conflict: [conflict instanceof SmartError, conflict.code, conflict.status, value(conflict.current), Object.keys(conflict).includes("current")],
      merged: value(merged),
      subject: merged.subject.reference,
      refused,
      outside: ["https://other.example/fhir/Patient/1", session.encounter].map((subject) => {
        try {
          return session.state("https://app.example|preferences", { subject });
        } catch (error) {
          return error.code;
        }
      }),
    };
  });
  assert.equal(result.before, null);
  assert.deepEqual(result.conflict, [true, "conflict", 412, "theirs", false]);
  assert.equal(result.merged, "theirs and mine");
  assert.match(result.subject, new RegExp(`^${iss}/Patient/`));
  assert.deepEqual(result.refused, Array(3).fill("invalid_app_state"));
  assert.deepEqual(result.outside, Array(2).fill("invalid_app_state"));
  const changes = traffic.to(`${iss}/Basic/`).filter((request) => request.method() === "PUT");
  assert.equal(changes.length, 3);
  for (const request of changes) assert.match(request.headers()["if-match"], /^W\/"\d+"$/);

  await context.clearCookies();
  const later = await withSession(page, async ({ session }) => {
    const state = session.state("https://app.example|preferences", { subject: session.patient.reference });
    const found = await state.get();
    await state.delete();
    return [found.extension[0].valueString, await state.get()];
  });
  assert.deepEqual(later, ["theirs and mine", null]);
});

test("M3 the app's own state returns after the redirect, and is in no URL", async ({ page, context, traffic }) => {
  await removePageScript(context);
  const place = "a-place-in-the-app";
  const state = await withSession(page, ({ session }) => session.appState, { appState: { view: place, from: [2020, null] } });
  assert.deepEqual(state, { view: place, from: [2020, null] });
  for (const request of traffic.to("http")) assert.ok(!`${request.url()} ${request.postData()}`.includes(place), request.url());
  await page.reload();
  const reloaded = await withApp(page, config, "async ({ app }) => (await app.resume()).appState");
  assert.equal(reloaded.view, place);
  const refused = await withApp(page, config, "({ app }) => app.authorizationUrl({ appState: () => 1 }).catch((error) => error.code)");
  assert.equal(refused, "invalid_configuration");
});

test("M5 tasks that launch an app are listed, and their launch has the context", async ({ page, context }) => {
  await removePageScript(context);
  const tasks = await withSession(page, ({ session }) => session.launchTasks({ patient: session.patient.id, status: "requested" }));
  assert.deepEqual(tasks.map(({ kind }) => kind), ["ehr", "standalone"]);
  const [task] = tasks;
  assert.match(task.url, /^http:\/\/localhost:/);
  assert.match(task.patient, /^Patient\//);
  assert.equal(task.appContext, '{"task":"review-results"}');
  assert.equal(task.task.resourceType, "Task");
  assert.equal(tasks[1].appContext, undefined);
});

test("M5 an app that a task launched has its context", async ({ page, traffic }) => {
  const { chart } = await openChart(page, 2);
  await chart.launchTask();
  await new Launcher(page).waitForCompleteRecord();
  const tokens = await traffic.tokenResponse("authorization_code");
  assert.equal(tokens.appContext, '{"task":"review-results"}');
});
