// A patient who stays connected on a device, at the second EHR, which simulates Epic.

import assert from "node:assert/strict";
import { Chart } from "../pages/chart.mjs";
import { Launcher } from "../pages/launcher.mjs";
import { Portal } from "../pages/portal.mjs";
import { TokenAdministration } from "../pages/token-administration.mjs";
import { whileAhead } from "./control.mjs";
import { keptHome, patientLogin, providerLogin, secondEhr, secondEhrOrigin } from "./servers.mjs";
import { storedBeyondTheTab } from "./storage.mjs";
import { until } from "./wait.mjs";

/** The scope with which a patient lets the app register the device. */
export const registerScope = "system/DynamicClient.register";

/** One day in seconds. */
const day = 86_400;

/**
 * A patient connects, denies some items, and stays connected otherwise. Returns the launcher and the person's name. Unless an item was denied,
 * the start page is open, and lists the record with the name. `connect` goes from the start page to the portal.
 */
export async function keep(page, { login = patientLogin, deny = [], connect = (launcher) => launcher.connect({ keep: true }) } = {}) {
  const launcher = new Launcher(page, keptHome);
  await connect(launcher);
  const portal = new Portal(page);
  await portal.logIn(login);
  for (const item of deny) await portal.deny(item);
  await portal.allow();
  await launcher.waitForRecord();
  const person = await launcher.personShown();
  if (deny.length === 0) {
    await until("the name is on the device", async () => (await storedBeyondTheTab(page)).includes(person));
    await launcher.openHome();
    await launcher.keptRecords(person).waitFor();
  }
  return { launcher, person };
}

/** Runs `body` one day later, in a new tab, after the other tabs were closed. */
export async function nextDay(context, body) {
  await whileAhead(day, secondEhrOrigin, async () => {
    const page = await context.newPage();
    for (const old of context.pages().filter((old) => old !== page)) await old.close();
    await page.clock.install({ time: Date.now() + day * 1000 });
    await body(page, new Launcher(page, keptHome));
  });
}

/** The clinic ends the newest connection of a person. */
export async function endAtClinic(context, person) {
  const page = await context.newPage();
  await new Chart(page, secondEhr).logIn(providerLogin);
  const administration = new TokenAdministration(page, secondEhr);
  await administration.open();
  const [familyName] = person.split(" ").slice(-1);
  await administration.revoke(new RegExp(familyName));
  await page.close();
}

/** Opens a person's record from the list. */
export async function openKept(launcher, person) {
  await launcher.openKept(person);
  await launcher.waitForRecord();
  assert.equal(await launcher.personShown(), person);
}
