// A patient who stays connected to a clinic that was found in the list. These tests advance the clock of the second EHR.

import assert from "node:assert/strict";
import { ClinicSearch } from "./pages/clinic-search.mjs";
import { Launcher } from "./pages/launcher.mjs";
import { findings } from "./support/axe.mjs";
import { test } from "./support/browser.mjs";
import { keep, nextDay, openKept } from "./support/kept.mjs";
import { forEveryOrigin, modifyJson } from "./support/responses.mjs";
import { keptHome, secondEhr, secondEhrOrigin } from "./support/servers.mjs";
import { everythingStored } from "./support/storage.mjs";

const clinic = "Harborview Eye Center";

/** The registration of the configured server. */
function registration({ clientId, redirectUri, scope, softwareId }) {
  return { match: `${secondEhr}/*`, clientId, redirectUri, scope, softwareId };
}

/** Leaves only the clinics of the second EHR's own list. */
async function onlyTheList(context) {
  await modifyJson(context, `${keptHome}/launcher.config.json`, (config) => ({
    ...config,
    connect: [],
    servers: [],
    directory: { index: `${secondEhr}/brands.json`, clients: [registration(config.servers[0])] },
  }));
}

/** Connects to the clinic of the list, and stays connected. */
function keepFromList(page) {
  const connect = async (launcher) => {
    const search = new ClinicSearch(page, keptHome);
    await search.open();
    await search.type("harborview");
    await search.options(clinic).click();
    await launcher.keepBox().check();
    await launcher.connectButton().click();
  };
  return keep(page, { connect });
}

test("N1 N11 a clinic that was found in the list is found again on the next day, until it is disconnected", async ({ page, context, traffic }) => {
  await onlyTheList(context);
  const { person } = await keepFromList(page);
  await nextDay(context, async (page, launcher) => {
    await launcher.openHome();
    const entry = launcher.keptRecords(person);
    await entry.getByText(`From ${clinic}`).waitFor();
    const kept = await page.evaluate(() => localStorage.getItem("launcher.kept"));
    assert.match(kept, /^http.*\tHarborview Eye Center\tErie, PA\t/);
    assert.doesNotMatch(kept, /MIE-localhost/);

    const before = traffic.to(secondEhrOrigin).length;
    await openKept(launcher, person);
    await page.getByText(`From ${clinic}`, { exact: true }).waitFor();
    assert.deepEqual(traffic.to(secondEhrOrigin).slice(before).filter((request) => request.isNavigationRequest()), []);
    await page.reload();
    await launcher.waitForRecord();
    assert.equal(await launcher.personShown(), person);

    await launcher.openHome();
    await launcher.button(/^Disconnect/, launcher.keptRecords(person)).click();
    await page.getByText(`This device can no longer open the record of ${person} at ${clinic}.`).waitFor();
    assert.equal(await launcher.keptRecords().count(), 0);
    const stored = await everythingStored(page);
    assert.ok(!stored.includes("Harborview") && !stored.includes(secondEhr), stored);
  });
});

test("E15 N11 signing out forgets the clinics that were used, but not the one that this device stays connected to", async ({ page, context }) => {
  await onlyTheList(context);
  const { launcher, person } = await keepFromList(page);
  await launcher.openSession();
  await launcher.signOut();
  await page.waitForFunction(() => localStorage.getItem("launcher.recent") === null && sessionStorage.getItem("launcher.chosen") === null);
  const other = new Launcher(await context.newPage(), keptHome);
  await other.openHome();
  await other.keptRecords(person).getByText(`From ${clinic}`).waitFor();
  await openKept(other, person);
});

test("N16 a clinic of the list that does not let a device stay connected says so, and offers no box", async ({ page, context }) => {
  const elsewhere = { name: "Elsewhere Clinic", base: "https://fhir.elsewhere.example/r4" };
  const entry = [{ resource: { resourceType: "Endpoint", name: elsewhere.name, address: elsewhere.base } }];
  await context.route(`${secondEhr}/brands.json`, (route) => route.fulfill({ headers: forEveryOrigin, json: { resourceType: "Bundle", entry } }));
  await modifyJson(context, `${keptHome}/launcher.config.json`, (config) => {
    const { softwareId: _, ...client } = registration(config.servers[0]);
    return { ...config, directory: { index: `${secondEhr}/brands.json`, clients: [{ ...client, match: elsewhere.base }] } };
  });
  const launcher = new Launcher(page, keptHome);
  const search = new ClinicSearch(page, keptHome);
  await search.open();
  await launcher.keepBox().waitFor();
  await search.type("elsewhere");
  await search.options(elsewhere.name).click();
  await page.getByText("This clinic does not let you stay connected on this device. You sign in each time you connect.", { exact: true }).waitFor();
  assert.equal(await launcher.keepBox().count(), 0);
  assert.deepEqual(await findings(page), []);
});
