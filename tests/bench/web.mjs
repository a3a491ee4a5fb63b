// The time that a page takes to launch, to show the patient and to make calls, compared with fhirclient: `cargo xtask bench web` runs it.
//   EHR_ORIGIN PAGES_ORIGIN CHROMIUM OUTPUT ONLY PATIENT_USER_NAME PATIENT_PASSWORD: set by xtask

import { chromium } from "playwright-core";
import { Portal } from "../e2e/pages/portal.mjs";
import { compare, isSelected, report } from "./measure.mjs";
import { servePages } from "./pages.mjs";

const { EHR_ORIGIN, PAGES_ORIGIN, CHROMIUM, OUTPUT } = process.env;
const ehr = `${EHR_ORIGIN}/webchart.cgi`;
const patientLogin = { userName: process.env.PATIENT_USER_NAME, password: process.env.PATIENT_PASSWORD };
const names = { SCOPE: "launch/patient openid fhirUser offline_access patient/*.rs", FHIR_BASE: `${ehr}/fhir` };

/** The maximum ratio of each row, and the ratio that it should reach. */
const limits = {
  cold_launch_launch_entry: 1.1,
  cold_launch: 1.55,
  cold_launch_9_mbit: 1.15,
  callback_to_patient: 1.05,
  restore_to_patient: 1.05,
  warm_phone: 1.1,
  call_overhead: 1.8,
};
const aims = {
  cold_launch_launch_entry: 0.95,
  cold_launch: 1.35,
  cold_launch_9_mbit: 1.0,
  callback_to_patient: 0.95,
  restore_to_patient: 0.95,
  warm_phone: 0.95,
  call_overhead: 1.2,
};

/** Network conditions as the browser emulates them: bytes per second, and milliseconds. */
const slow = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 };
const fast = { offline: false, latency: 60, downloadThroughput: 1_125_000, uploadThroughput: 1_125_000 };

/** How many launches are measured from an empty cache. */
const LAUNCHES = 15;

/** How many loads are measured: single loads vary by more than the two packages differ. */
const LOADS = 61;

/** How many times ten thousand reads are measured: the time depends on when the engine recompiles and collects garbage. */
const ROUNDS = 21;

/** How many times slower a phone's processor is. */
const PHONE = 4;

const server = await servePages(PAGES_ORIGIN, names);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const rows = {};
try {
  const measures = {
    cold_launch_launch_entry: () => coldLaunch("launch", slow),
    cold_launch: () => coldLaunch("ours", slow),
    cold_launch_9_mbit: () => coldLaunch("ours", fast),
    callback_to_patient: callbackToPatient,
    restore_to_patient: restoreToPatient,
    warm_phone: warmPhone,
    call_overhead: callOverhead,
  };
  for (const [name, measure] of Object.entries(measures)) {
    if (!isSelected(name)) continue;
    console.log(`measuring ${name}`);
    rows[name] = await measure();
    console.log(rows[name]);
  }
} finally {
  await browser.close();
  server.close();
}
report(rows, limits, OUTPUT, aims);

/** From the navigation to the request for the authorization page, with an empty cache. */
function coldLaunch(ours, network) {
  const run = (who) => async () => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const protocol = await context.newCDPSession(page);
      await protocol.send("Network.enable");
      await protocol.send("Network.emulateNetworkConditions", network);
      const sent = new Promise((resolve) => {
        let start;
        protocol.on("Network.requestWillBeSent", ({ timestamp, request, type }) => {
          if (type !== "Document") return;
          start ??= timestamp;
          if (request.url.startsWith(`${ehr}/oauth/`)) resolve((timestamp - start) * 1000);
        });
      });
      await page.goto(`${PAGES_ORIGIN}/${who}/`, { waitUntil: "commit" });
      return await sent;
    } finally {
      await context.close();
    }
  };
  return compare(run(ours), run("peer"), LAUNCHES);
}

/** From the request for the redirect page to the patient. */
async function callbackToPatient() {
  const [ours, peer] = [await loggedIn(), await loggedIn()];
  const run = (context, who) => async () => {
    const page = await context.newPage();
    await page.goto(`${PAGES_ORIGIN}/${who}/`, { waitUntil: "commit" });
    const took = await untilPatient(page, () => new Portal(page).allow());
    await page.close();
    return took;
  };
  const row = await compare(run(ours, "ours"), run(peer, "peer"), LOADS);
  await Promise.all([ours.close(), peer.close()]);
  return row;
}

/** From a reload to the patient. */
async function restoreToPatient() {
  const [ours, peer] = [await signedIn("ours"), await signedIn("peer")];
  const run = (page) => () => untilPatient(page, () => page.reload({ waitUntil: "commit" }));
  const row = await compare(run(ours), run(peer), LOADS);
  await Promise.all([ours.context().close(), peer.context().close()]);
  return row;
}

/** From a navigation to the patient, with everything cached, on a slow processor. */
async function warmPhone() {
  const [ours, peer] = [await signedIn("ours"), await signedIn("peer")];
  const run = (page, who) => async () => {
    await page.goto("about:blank");
    return untilPatient(page, () => page.goto(`${PAGES_ORIGIN}/${who}/`, { waitUntil: "commit" }));
  };
  for (const page of [ours, peer]) {
    const protocol = await page.context().newCDPSession(page);
    await protocol.send("Emulation.setCPUThrottlingRate", { rate: PHONE });
  }
  const row = await compare(run(ours, "ours"), run(peer, "peer"), LOADS);
  await Promise.all([ours.context().close(), peer.context().close()]);
  return row;
}

/** Ten thousand sequential reads with responses from memory. The peer is its build that calls `fetch`. */
async function callOverhead() {
  const [ours, peer] = [await signedIn("ours"), await signedIn("pure")];
  const run = (page) => () =>
    page.evaluate(async () => {
      window.responses = 0;
      try {
        const start = performance.now();
        for (let call = 0; call < 10_000; call += 1) await window.read();
        const took = performance.now() - start;
        if (window.responses !== 10_000) throw new Error(`${window.responses} requests`);
        return took;
      } finally {
        window.responses = undefined;
      }
    });
  const row = await compare(run(ours), run(peer), ROUNDS);
  await Promise.all([ours.context().close(), peer.context().close()]);
  return row;
}

/** Responds in place of the FHIR server while `window.responses` is a number. Runs first, because the peer stores `fetch` when it is loaded. */
function respondFromMemory() {
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => {
    if (window.responses === undefined || !String(request[0]).includes("/fhir/")) return fetch(...request);
    window.responses += 1;
    return new Response('{"resourceType":"Patient","id":"1"}', { headers: { "content-type": "application/fhir+json" } });
  };
}

/**
 * The milliseconds from the request for the page to the patient, after `navigate`. No script of ours runs in the page before the response
 * with the patient, because compiling it would delay the page's own.
 */
async function untilPatient(page, navigate) {
  const patient = page.waitForResponse((response) => response.url().includes("/fhir/Patient/") && response.request().method() === "GET");
  await navigate();
  await patient;
  await page.waitForFunction(() => window.patient?.resourceType === "Patient");
  return page.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation");
    const [mark] = performance.getEntriesByName("patient");
    return mark.startTime - navigation.fetchStart;
  });
}

/** A browser context in which the patient is logged in to the portal. */
async function loggedIn() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${PAGES_ORIGIN}/ours/`, { waitUntil: "commit" });
  const portal = new Portal(page);
  await portal.logIn(patientLogin);
  await portal.allow();
  await page.waitForFunction(() => window.patient);
  await page.close();
  return context;
}

/** A page with a session. */
async function signedIn(who) {
  const context = await loggedIn();
  const page = await context.newPage();
  await page.addInitScript(respondFromMemory);
  await page.goto(`${PAGES_ORIGIN}/${who}/`, { waitUntil: "commit" });
  await untilPatient(page, () => new Portal(page).allow());
  return page;
}
