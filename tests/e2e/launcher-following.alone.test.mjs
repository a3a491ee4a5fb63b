// The launcher follows the chart that it was opened from: nothing of a record is shown while another patient is open there.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { whileDeviating } from "./support/control.mjs";
import { connectAsPatient, openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { ehr, iss } from "./support/servers.mjs";

const app = "smartrust launcher";
const inStep = "In step with the chart.";
const notInStep = /^Not in step with the chart/;
const otherPatient = "Another patient is open in the chart";

/** Opens the launcher in a popup of the first patient's chart, and waits until it follows. */
async function openLauncher(page, traffic) {
  const { chart, name } = await openChart(page, 0);
  const window = await chart.launchInPopup(app);
  const launcher = new Launcher(window);
  await launcher.waitForCompleteRecord();
  await window.getByText(inStep).waitFor();
  return { chart, name, window, launcher, patient: await patientOf(traffic) };
}

/** Opens the chart of the patient whose number is higher by `step`. Returns the words of the name. */
async function openAnother(page, { id }, step) {
  await page.goto(`${ehr}?f=chart&pat_id=${Number(id) + step}`);
  const name = (await page.getByRole("main").getByRole("heading", { level: 1 }).first().innerText()).trim();
  return name.split(/[\s,]+/).filter((word) => word.length > 2);
}

const cover = (window, name = otherPatient) => window.getByRole("alertdialog", { name });
const button = (window, name) => window.getByRole("button", { name, exact: true });

/** Checks that a window shows nothing of a patient, and that a screen reader reads nothing of it. */
async function assertHidden(window, { names }) {
  const shown = await window.locator("body").innerText();
  const spoken = await window.locator("body").ariaSnapshot();
  for (const name of names) {
    assert.ok(!shown.includes(name), `"${name}" is shown: ${shown}`);
    assert.ok(!spoken.includes(name), `"${name}" is read aloud: ${spoken}`);
  }
  assert.ok(!/Problems|Vital signs/.test(shown + spoken), spoken);
}

/** Notes each name in a patient banner that a frame of the page could paint. */
function watchBanner(window) {
  return window.addInitScript(() => {
    globalThis.seen = [];
    const look = () => {
      const banner = document.querySelector(".banner-name");
      if (banner?.checkVisibility()) globalThis.seen.push(banner.textContent);
      requestAnimationFrame(look);
    };
    look();
  });
}

test("X11 X24 another patient in the chart hides the record at once, and the provider stays or closes it", async ({ page, traffic }) => {
  const { window, launcher, patient } = await openLauncher(page, traffic);
  const other = await openAnother(page, patient, 1);
  await cover(window).waitFor();
  const words = await cover(window).innerText();
  assert.ok(includesAll(words, other), `"${words}" names ${other}`);
  await assertHidden(window, patient);

  // Neither the rest of the page nor the Escape key leads back to the record.
  await assert.rejects(window.getByRole("link", { name: "Connection", exact: true }).click({ timeout: 1_000 }));
  for (let count = 0; count < 3; count += 1) await window.keyboard.press("Escape");
  await assertHidden(window, patient);
  await window.keyboard.press("Enter");
  await cover(window).waitFor();

  await button(window, "Stay with this record").click();
  await launcher.banner().waitFor();
  await window.getByText(notInStep).waitFor();
  await openAnother(page, patient, 0);
  await window.getByText(inStep).waitFor();

  await openAnother(page, patient, 2);
  await cover(window).waitFor();
  await button(window, "Close this record").click();
  await launcher.heading("No record is open").waitFor();
  await assertHidden(window, patient);
  const paths = traffic.to(iss).map((request) => new URL(request.url())).map(({ pathname, search }) => pathname + search);
  const read = new Set(paths.flatMap((path) => /\bPatient[/=](\d+)|\bpatient=(?:Patient%2F|Patient\/)?(\d+)/.exec(path)?.slice(1) ?? []).filter(Boolean));
  assert.deepEqual([...read], [patient.id], paths.join("\n"));
});

test("X11 X24 the record of the other patient is opened from that patient's chart", async ({ page, traffic }) => {
  const { chart, window, launcher, patient } = await openLauncher(page, traffic);
  const other = await openAnother(page, patient, 1);
  await cover(window).waitFor();
  await button(window, "Close this record").click();
  await launcher.heading("No record is open").waitFor();
  const next = new Launcher(await chart.launchInPopup(app));
  await next.waitForCompleteRecord();
  assert.ok(includesAll(await next.banner().innerText(), other));
});

test("X11 X18 X24 a WebSocket that is lost with the event hides the record as soon as it is made again", async ({ page, traffic }) => {
  const { window, patient } = await openLauncher(page, traffic);
  await whileDeviating(["hub-lost"], () => openAnother(page, patient, 3));
  await window.getByText(notInStep).waitFor();
  await cover(window).waitFor();
  await assertHidden(window, patient);
});

test("X11 X24 a page that is loaded while another patient is open never shows the record", async ({ page, traffic }) => {
  const { window, patient } = await openLauncher(page, traffic);
  await openAnother(page, patient, 4);
  await cover(window).waitFor();
  await watchBanner(window);
  await window.reload();
  await cover(window).waitFor();
  await assertHidden(window, patient);
  assert.deepEqual(await window.evaluate(() => globalThis.seen), []);
});

test("X11 X20 X24 a page to which the user goes back shows the record only after the hub has confirmed", async ({ page, traffic }) => {
  const { window, patient } = await openLauncher(page, traffic);
  await window.evaluate(() => {
    globalThis.seen = [];
    addEventListener("pageshow", () => {
      const look = () => {
        if (document.querySelector(".banner-name")?.checkVisibility()) globalThis.seen.push("the record");
        requestAnimationFrame(look);
      };
      look();
    });
  });
  await watchBanner(window);
  await window.goto("about:blank");
  await openAnother(page, patient, 5);
  await window.goBack();
  await cover(window).waitFor();
  await assertHidden(window, patient);
  assert.deepEqual(await window.evaluate(() => globalThis.seen), []);
});

test("X19 X24 both tabs of a session are hidden, one takes over from the other, and signing out ends both", async ({ context, page, traffic }) => {
  const { window, patient } = await openLauncher(page, traffic);
  const opened = context.waitForEvent("page");
  await window.evaluate(() => void open(location.href));
  const second = await opened;
  const launcher = new Launcher(second);
  await launcher.waitForCompleteRecord();
  await second.getByText(inStep).waitFor();
  await openAnother(page, patient, 1);
  for (const tab of [window, second]) {
    await cover(tab).waitFor();
    await assertHidden(tab, patient);
    await button(tab, "Stay with this record").click();
    await new Launcher(tab).banner().waitFor();
  }
  await window.close();
  await openAnother(page, patient, 0);
  await second.getByText(inStep).waitFor();
  await openAnother(page, patient, 2);
  await cover(second).waitFor();

  const third = context.waitForEvent("page");
  await second.evaluate(() => void open(location.href));
  const last = await third;
  await cover(last).waitFor();
  await button(last, "Close this record").click();
  for (const tab of [second, last]) {
    await tab.waitForFunction(() => !document.querySelector("dialog[open]"));
    await assertHidden(tab, patient);
  }
});

test("X13 X24 a provider who logs out of the EHR is signed out", async ({ page, traffic }) => {
  const { window, patient } = await openLauncher(page, traffic);
  await page.getByRole("button", { name: "Log out" }).click();
  await new Launcher(window).waitForSignOut();
  await assertHidden(window, patient);
});

test("X23 X24 a thousand patients in a second leave the record hidden, and the last one is named", async ({ page, traffic }) => {
  const { window, patient } = await openLauncher(page, traffic);
  await whileDeviating(["hub-flood"], async () => {
    await window.reload();
    await cover(window).waitFor();
  });
  await cover(window).getByText("Patient 1000 of 1000 is open there now.").waitFor();
  await button(window, "Stay with this record").waitFor();
  await assertHidden(window, patient);
  const start = Date.now();
  await button(window, "Stay with this record").click();
  await new Launcher(window).banner().waitFor();
  assert.ok(Date.now() - start < 3_000, `${Date.now() - start} ms`);
});

test("X17 X18 X24 a chart that cannot be followed is reported, and can be followed again", async ({ page, traffic }) => {
  const { window, launcher } = await openLauncher(page, traffic);
  await whileDeviating(["hub-denied"], async () => {
    await window.reload();
    await window.getByText(/^This record no longer follows the chart/).waitFor();
  });
  await launcher.banner().waitFor();
  await button(window, "Follow the chart again").click();
  await window.getByText(inStep).waitFor();
});

test("X1 X24 without a hub, nothing about a chart is shown, and no WebSocket is opened", async ({ page }) => {
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await connectAsPatient(page);
  assert.equal(await page.locator(".chart-state").count(), 0);
  assert.deepEqual(sockets, []);
});
