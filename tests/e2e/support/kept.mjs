// A patient who stays connected on a device, at the second EHR, which simulates Epic.

import assert from "node:assert/strict";
import { Launcher } from "../pages/launcher.mjs";
import { Portal } from "../pages/portal.mjs";
import { keptHome, patientLogin } from "./servers.mjs";
import { storedBeyondTheTab } from "./storage.mjs";
import { until } from "./wait.mjs";

/** The scope with which a patient lets the app register the device. */
export const registerScope = "system/DynamicClient.register";

/** The grant of a key. */
export const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/**
 * A patient connects, denies some items, and stays connected otherwise. Returns the launcher and the person's name. Unless an item was denied,
 * the start page is open, and lists the record with the name.
 */
export async function keep(page, { login = patientLogin, deny = [] } = {}) {
  const launcher = new Launcher(page, keptHome);
  await launcher.connect({ keep: true });
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

/** Opens a person's record from the list. */
export async function openKept(launcher, person) {
  await launcher.openKept(person);
  await launcher.waitForRecord();
  assert.equal(await launcher.personShown(), person);
}
