// What a page loads and waits for, beside fhirclient: `cargo xtask bench web` starts it.
//   EHR_ORIGIN PAGES_ORIGIN CHROMIUM OUTPUT ONLY: set by xtask

import { chromium } from "playwright-core";
import { Portal } from "../e2e/pages/portal.mjs";
import { compare, isAsked, report, round } from "./measure.mjs";
import { file, loaded, servePages } from "./pages.mjs";

const { EHR_ORIGIN, PAGES_ORIGIN, CHROMIUM, OUTPUT } = process.env;
const ehr = `${EHR_ORIGIN}/webchart.cgi`;
const patientLogin = { userName: process.env.PATIENT_USER_NAME, password: process.env.PATIENT_PASSWORD };
const names = { SCOPE: "launch/patient openid fhirUser offline_access patient/*.rs", FHIR_BASE: `${ehr}/fhir` };

/** The most that a row may be of the peer's figure. Bytes are reported alone. */
const limits = { cold_launch: 1.25, callback_to_patient: 1.05, restore_to_patient: 1.05, call_overhead: 1.8 };

/** How often a page is loaded: one load and the next differ by more than the two packages do. */
const LOADS = 61;

/** How often ten thousand reads are made: how long they take depends on when the engine compiles anew and collects garbage. */
const ROUNDS = 21;

const server = await servePages(PAGES_ORIGIN, names);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const rows = { bytes: bytes() };
try {
  const measures = {
    cold_launch: coldLaunch,
    callback_to_patient: callbackToPatient,
    restore_to_patient: restoreToPatient,
    call_overhead: callOverhead,
  };
  for (const [name, measure] of Object.entries(measures)) {
    if (!isAsked(name)) continue;
    console.log(`measuring ${name}`);
    rows[name] = await measure();
    console.log(rows[name]);
  }
} finally {
  await browser.close();
  server.close();
}
report(rows, limits, OUTPUT);

/** What a page loads, by brotli 11. */
function bytes() {
  const [ours, peer] = ["ours", "peer"].map((who) => loaded[who].reduce((sum, path) => sum + file(path, names).length, 0));
  return { ours, peer, ratio: round(ours / peer, 3), unit: "bytes", runs: 1 };
}

/** From the navigation to the redirect, with nothing cached, on a slow line. */
function coldLaunch() {
  const run = (who) => async () => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const protocol = await context.newCDPSession(page);
      await protocol.send("Network.enable");
      const line = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 };
      await protocol.send("Network.emulateNetworkConditions", line);
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
  return compare(run("ours"), run("peer"));
}

/** From the redirect's arrival at the page to the patient. */
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

/** Ten thousand reads, one after the other, that a function answers at once; of the peer's builds by the one that calls fetch. */
async function callOverhead() {
  const [ours, peer] = [await signedIn("ours"), await signedIn("pure")];
  const run = (page) => () =>
    page.evaluate(async () => {
      window.answered = 0;
      try {
        const start = performance.now();
        for (let call = 0; call < 10_000; call += 1) await window.read();
        const took = performance.now() - start;
        if (window.answered !== 10_000) throw new Error(`${window.answered} requests`);
        return took;
      } finally {
        window.answered = undefined;
      }
    });
  const row = await compare(run(ours), run(peer), ROUNDS);
  await Promise.all([ours.context().close(), peer.context().close()]);
  return row;
}

/** Lets `window.answered`, where it is a number, stand for the FHIR server. The peer takes hold of `fetch` as soon as it is loaded. */
function answerInMemory() {
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => {
    if (window.answered === undefined || !String(request[0]).includes("/fhir/")) return fetch(...request);
    window.answered += 1;
    return new Response('{"resourceType":"Patient","id":"1"}', { headers: { "content-type": "application/fhir+json" } });
  };
}

/**
 * From the start of the page's own fetch to the patient, in milliseconds, when `go` leads there. Nothing is evaluated in the page before
 * the patient is answered: the script that it takes would be compiled in its way, sooner or later than the page's own.
 */
async function untilPatient(page, go) {
  const answered = page.waitForResponse((response) => response.url().includes("/fhir/Patient/") && response.request().method() === "GET");
  await go();
  await answered;
  await page.waitForFunction(() => window.patient?.resourceType === "Patient");
  return page.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation");
    const [mark] = performance.getEntriesByName("patient");
    return mark.startTime - navigation.fetchStart;
  });
}

/** A browser that the portal knows the patient in. */
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

/** A page that is signed in. */
async function signedIn(who) {
  const context = await loggedIn();
  const page = await context.newPage();
  await page.addInitScript(answerInMemory);
  await page.goto(`${PAGES_ORIGIN}/${who}/`, { waitUntil: "commit" });
  await untilPatient(page, () => new Portal(page).allow());
  return page;
}
