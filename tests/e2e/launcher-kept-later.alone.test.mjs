// The next visit of a patient who stayed connected. These tests advance the clock of the second EHR, and interrupt its connections.

import assert from "node:assert/strict";
import { Portal } from "./pages/portal.mjs";
import { findings } from "./support/axe.mjs";
import { test } from "./support/browser.mjs";
import { whileDown } from "./support/control.mjs";
import { endAtClinic, keep, nextDay, openKept, registerScope } from "./support/kept.mjs";
import { jwtBearer } from "./support/registrar.mjs";
import { secondEhr, secondEhrOrigin } from "./support/servers.mjs";
import { everythingStored, storedBeyondTheTab } from "./support/storage.mjs";
import { until } from "./support/wait.mjs";

/** Collects the bodies of all token responses, before the page navigates. */
function collectTokenResponses(page) {
  const bodies = [];
  page.on("response", (response) => {
    const isToken = response.url() === `${secondEhr}/oauth2/token` && response.request().method() === "POST";
    if (isToken) bodies.push(response.json());
  });
  return bodies;
}

test("N10 N11 on the next day one click opens the record, without a redirect, and until then nothing of it is on the device", async ({ page, context, traffic }) => {
  const responses = collectTokenResponses(page);
  const { person } = await keep(page);
  const [first, second] = await Promise.all(responses);
  assert.ok(first.access_token && second.access_token && first.scope.includes(registerScope));
  assert.deepEqual([first.refresh_token, second.refresh_token], [undefined, undefined]);
  const fhir = await fetch(`${secondEhr}/fhir/Patient/${second.patient}`, { headers: { Authorization: `Bearer ${second.access_token}` } });
  const { birthDate, address, identifier } = await fhir.json();

  await nextDay(context, async (page, launcher) => {
    await launcher.openHome();
    const entry = launcher.keptRecords(person);
    await entry.getByText("From Sandbox Clinic").waitFor();
    await entry.getByText("Last opened yesterday").waitFor();
    const stored = await everythingStored(page);
    assert.ok(stored.includes(person), "the dump contains the stored data");
    const { access_token: initial, id_token: idToken } = first;
    const secrets = { initial, idToken, access: second.access_token, birthDate, street: address[0].line[0], number: identifier[0].value };
    for (const [name, secret] of Object.entries(secrets)) {
      assert.ok(secret && !stored.includes(secret), `${name} is stored`);
    }

    const before = traffic.to(secondEhrOrigin).length;
    await openKept(launcher, person);
    const since = traffic.to(secondEhrOrigin).slice(before);
    assert.equal(since.filter((request) => request.isNavigationRequest()).length, 0, "there was a redirect");
    const tokenRequests = since.filter((request) => request.url() === `${secondEhr}/oauth2/token` && request.method() === "POST");
    assert.equal(tokenRequests.length, 1);
    const form = new URLSearchParams(tokenRequests[0].postData());
    assert.deepEqual([...form.keys()].sort(), ["assertion", "client_id", "grant_type"]);
    await page.reload();
    await launcher.waitForRecord();
    assert.equal(await launcher.personShown(), person);
  });
});

test("N2 if the patient leaves it out at the clinic, the record opens for this visit", async ({ page, context, traffic }) => {
  const { launcher } = await keep(page, { deny: [registerScope] });
  await page.getByText("You are connected for this visit only.").waitFor();
  assert.equal(traffic.to(`${secondEhr}/oauth2/register`).length, 0);
  assert.deepEqual(await findings(page), []);
  await launcher.openHome();
  assert.equal(await launcher.keptRecords().count(), 0);
  await nextDay(context, async (page, launcher) => {
    await launcher.openHome();
    await launcher.keepBox().waitFor();
    assert.equal(await launcher.keptRecords().count(), 0);
  });
});

test("N12 if the clinic ended the connection, the next visit says so and offers to connect again", async ({ page, context, traffic }) => {
  const { person } = await keep(page);
  await endAtClinic(context, person);
  await nextDay(context, async (page, launcher) => {
    await launcher.openHome();
    const before = traffic.tokenRequests(jwtBearer).length;
    await launcher.openKept(person);
    const alert = launcher.alert();
    await alert.getByText("The connection has expired, or the clinic ended it.").waitFor();
    assert.ok((await alert.innerText()).includes(person));
    assert.equal(traffic.tokenRequests(jwtBearer).length, before + 1, "a token is requested once");
    await until("the record is not listed any more", async () => (await launcher.keptRecords().count()) === 0);
    assert.deepEqual(await findings(page), []);
    await alert.getByRole("link", { name: "Connect again" }).click();
    await until("the form has the focus", () => page.evaluate(() => location.hash === "#connect"));
    await page.reload();
    await launcher.keepBox().waitFor();
    assert.equal(await launcher.keptRecords().count(), 0);
  });
});

test("N12 a record whose connection has ended is connected again in the same way, for the same patient", async ({ page, context, traffic }) => {
  const { launcher, person } = await keep(page);
  await page.getByRole("link", { name: "Show the open record" }).click();
  await launcher.waitForRecord();
  await endAtClinic(context, person);
  await page.reload();
  await launcher.alert().getByText("The connection has expired, or the clinic ended it.").waitFor();
  await launcher.button("Connect again").click();
  await new Portal(page).allow();
  await launcher.waitForRecord();
  assert.equal(await launcher.personShown(), person);
  const scopes = traffic.to(`${secondEhr}/oauth2/authorize`).map((request) => new URL(request.url()).searchParams.get("scope"));
  assert.ok(scopes.length >= 2 && scopes.every((scope) => scope.includes(registerScope)), scopes.join("; "));
  await until("the name is on the device", async () => (await storedBeyondTheTab(page)).includes(person));
  await launcher.openHome();
  await launcher.keptRecords(person).waitFor();
  assert.equal(await launcher.keptRecords().count(), 1);
});

test("N12 while the clinic cannot be reached, the record stays listed and opens later", async ({ page, context }) => {
  const { person } = await keep(page);
  await nextDay(context, async (page, launcher) => {
    await launcher.openHome();
    await whileDown(async () => {
      await launcher.openKept(person);
      await launcher.alert().getByText("No connection to the clinic").waitFor();
      await launcher.keptRecords(person).waitFor();
    }, secondEhrOrigin);
    await openKept(launcher, person);
  });
});
