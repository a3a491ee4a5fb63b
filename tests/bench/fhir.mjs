// FHIR requests compared with fhirclient, and NDJSON compared with a plain loop: `cargo xtask bench fhir` runs it.
//   EHR_ORIGIN APP_ORIGIN CHROMIUM KEY_FILE OUTPUT ONLY: set by xtask

import { chromium } from "playwright-core";
import { compare, isSelected, report } from "./measure.mjs";
import { measureNdjson } from "./ndjson.mjs";
import { openPage, systemToken } from "./page.mjs";

const { EHR_ORIGIN, APP_ORIGIN, CHROMIUM, KEY_FILE, OUTPUT } = process.env;
const ehr = `${EHR_ORIGIN}/webchart.cgi`;
/** Patients with large charts. Together they have more than a thousand observations. */
const patient = "41";
const twoPatients = "41,21";

/** The maximum ratio of each row, or the maximum in MB. */
const limits = {
  references_20: 0.27,
  references_20_grouped: 0.12,
  pages_1000: 0.6,
  record: 1.05,
  burst_100: 1.05,
  ndjson_chromium: 1.0,
  ndjson_node: 1.0,
  ndjson_heap: 64,
};

const args = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"];
const browser = await chromium.launch({ executablePath: CHROMIUM, args });
const rows = {};
try {
  for (const [name, [ours, peer, prepare]] of Object.entries(cases())) {
    if (!isSelected(name)) continue;
    console.log(`measuring ${name}`);
    rows[name] = await inFreshPage(async (page) => {
      const argument = prepare ? await page.evaluate(prepare, patient) : { patient, twoPatients };
      const run = (body) => async () => {
        // Cached preflights would make the second one faster.
        await clearPreflights(page);
        return page.evaluate(`timed(() => (${body})(${JSON.stringify(argument)}))`);
      };
      return compare(run(ours), run(peer));
    });
    console.log(rows[name]);
  }
  Object.assign(rows, await measureNdjson(browser));
} finally {
  await browser.close();
}
report(rows, limits, OUTPUT);

async function inFreshPage(body) {
  const context = await browser.newContext({ bypassCSP: true });
  const token = await systemToken(ehr, KEY_FILE);
  try {
    return await body(await openPage(context, { appOrigin: APP_ORIGIN, ehr, token, patient }));
  } finally {
    await context.close();
  }
}

async function clearPreflights(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await session.send("Network.clearBrowserCache");
  await session.detach();
}

/** The functions of each row: ours, the peer's, and one that prepares their argument. They run in the page. */
function cases() {
  const twenty = async (patient) => {
    // A search for one observation of each of twenty visits.
    const visits = new Map();
    for await (const { id, encounter } of window.ours.search("Observation", { patient, _count: 200 })) {
      if (encounter && visits.size < 20) visits.set(encounter.reference, id);
    }
    if (visits.size < 20) throw new Error(`The chart has ${visits.size} visits only.`);
    return { search: `Observation?_id=${[...visits.values()].join(",")}&_count=20` };
  };
  const peerReferences = async ({ search }) => {
    const { references } = await window.peer.request(search, { resolveReferences: "encounter", graph: false });
    if (Object.keys(references).length !== 20) throw new Error(`${Object.keys(references).length} references`);
  };
  const ourReferences = (grouped) =>
    `async ({ search }) => {
      const [type, query] = search.split("?");
      const { resources } = (await ours.search(type, new URLSearchParams(query)).pages().next()).value;
      const entry = resources.map(({ encounter }) => ({ item: encounter }));
      const found = await ours.resolver({ grouped: ${grouped} }).resolveAll({ resourceType: "List", entry });
      if (found.size !== 20 || [...found.values()].some(({ resource }) => !resource)) throw new Error("not twenty");
    }`;
  const types = [
    "Condition", "MedicationRequest", "AllergyIntolerance", "Immunization", "Encounter", "Observation", "Procedure",
    "DiagnosticReport", "DocumentReference", "CarePlan", "CareTeam", "Goal", "Coverage", "Device",
  ];
  return {
    references_20: [ourReferences(false), peerReferences, twenty],
    references_20_grouped: [ourReferences(true), peerReferences, twenty],
    pages_1000: [
      async ({ twoPatients }) => {
        let pages = 0;
        for await (const { resources } of window.ours.search("Observation", { patient: twoPatients, _count: 50 }, { limit: 1000 }).pages()) {
          if (resources.length !== 50) throw new Error(`${resources.length} on a page`);
          pages += 1;
          await new Promise((worked) => setTimeout(worked, 100));
        }
        if (pages !== 20) throw new Error(`${pages} pages`);
      },
      async ({ twoPatients }) => {
        let pages = 0;
        const onPage = async () => {
          pages += 1;
          await new Promise((worked) => setTimeout(worked, 100));
        };
        await window.peer.request(`Observation?patient=${twoPatients}&_count=50`, { pageLimit: 20, onPage });
        if (pages !== 20) throw new Error(`${pages} pages`);
      },
    ],
    record: [
      `async () => {
        const parts = await ours.loadRecord({ queries: ${JSON.stringify(types)} });
        if (parts.some(({ state }) => state !== "complete")) throw new Error(JSON.stringify(parts.map(({ state }) => state)));
      }`,
      `async ({ patient }) => {
        const all = ${JSON.stringify(types)}.map((type) => peer.request(type + "?patient=" + patient, { pageLimit: 0, flat: true }));
        await Promise.all(all);
      }`,
    ],
    burst_100: [
      async ({ patient }) => {
        await Promise.all(Array.from({ length: 100 }, () => window.ours.read(`Patient/${patient}`)));
      },
      async ({ patient }) => {
        await Promise.all(Array.from({ length: 100 }, () => window.peer.request(`Patient/${patient}`)));
      },
    ],
  };
}
