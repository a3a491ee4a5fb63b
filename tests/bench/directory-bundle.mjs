// Writes a made-up Bundle of brands and endpoints that has the size and shape of a large vendor's: 96,627 organizations, of which 1,243
// are brands with a portal, 817 endpoints, references by urn:uuid. The same arguments always make the same bytes.
//   node tests/bench/directory-bundle.mjs <file> [organizations]

import { createWriteStream } from "node:fs";
import { once } from "node:events";

const BRANDS = 1_243;
const ENDPOINTS = 817;
const WORDS = [
  "Lakeside", "Mercy", "Summit", "Riverbend", "Saint Agnes", "Cedar", "Northgate", "Valley", "Harbor", "Prairie", "Blue Ridge", "Pioneer", "Sunrise",
  "Granite", "Maple", "Evergreen", "Coastal", "Heritage", "Unity", "Providence Hill",
];
const KINDS = ["Health", "Medical Group", "Hospital", "Clinic", "Family Medicine", "Pediatrics", "Cardiology", "Imaging Center", "Eye Institute", "Urgent Care"];
const CITIES = ["Madison", "Springfield", "Franklin", "Clinton", "Greenville", "Bristol", "Fairview", "Salem", "Georgetown", "Arlington", "Ashland", "Burlington"];
const STATES = ["WI", "IL", "OH", "TX", "CA", "NY", "FL", "WA", "NC", "GA", "PA", "MI", "MN", "OR", "CO", "AZ"];

/** Numbers that look random and are always the same. */
function numbers(seed) {
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    // The lower bits repeat after a few numbers.
    return (seed >>> 16) % below;
  };
}

const uuid = (kind, number) => `urn:uuid:${kind}0000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

function* entries(organizations) {
  const random = numbers(7);
  const pick = (list) => list[random(list.length)];
  for (let number = 0; number < ENDPOINTS; number++) {
    yield {
      fullUrl: uuid("e", number),
      resource: {
        resourceType: "Endpoint",
        id: String(number),
        extension: [{ url: "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", valueCode: "4.0.1" }],
        status: "active",
        connectionType: { system: "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", code: "hl7-fhir-rest" },
        name: `Endpoint ${number}`,
        managingOrganization: { identifier: { value: String(number) }, display: `Organization ${number}` },
        contact: [{ system: "url", value: "https://open.example.org" }],
        payloadType: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/endpoint-payload-type", code: "none" }] }],
        address: `https://fhir${number}.example.org/interconnect/api/FHIR/R4/`,
      },
    };
  }
  for (let number = 0; number < organizations; number++) {
    const isBrand = number < BRANDS;
    const name = `${pick(WORDS)} ${pick(KINDS)}${isBrand ? ` System ${number}` : ` of ${pick(CITIES)} ${number}`}`;
    const website = `https://www.example${number % BRANDS}.org`;
    const endpoint = { reference: uuid("e", number % ENDPOINTS) };
    const portal = {
      url: "http://hl7.org/fhir/StructureDefinition/organization-portal",
      extension: [
        { url: "portalName", valueString: `${name} Portal` },
        { url: "portalUrl", valueUrl: `https://portal.example${number}.org/login` },
        { url: "portalEndpoint", valueReference: endpoint },
      ],
    };
    yield {
      fullUrl: uuid("0", number),
      resource: {
        resourceType: "Organization",
        id: String(number),
        meta: { lastUpdated: "2026-11-01T00:00:00Z", profile: ["http://hl7.org/fhir/smart-app-launch/StructureDefinition/user-access-brand"] },
        extension: [
          { url: "http://hl7.org/fhir/StructureDefinition/organization-brand", extension: [{ url: "brandLogo", valueUrl: `${website}/logo.svg` }] },
          ...(isBrand ? [portal] : []),
        ],
        identifier: [{ system: "urn:ietf:rfc:3986", value: `${website}/${number}` }],
        active: true,
        type: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/organization-type", code: "prov", display: "Healthcare Provider" }] }],
        name,
        telecom: [{ system: "url", value: website }],
        address: [{ line: [`${random(9_999)} Main Street`], city: pick(CITIES), state: pick(STATES), postalCode: String(10_000 + random(89_999)), country: "USA" }],
        ...(isBrand ? { endpoint: [endpoint] } : { partOf: { reference: uuid("0", random(BRANDS)), display: "Part of a health system" } }),
      },
    };
  }
}

/** Writes the Bundle to a file. */
export async function writeDirectoryBundle(file, organizations = 96_627) {
  const stream = createWriteStream(file);
  stream.write('{"resourceType":"Bundle","type":"collection","timestamp":"2026-11-01T00:00:00Z","entry":[');
  let separator = "\n";
  for (const entry of entries(organizations)) {
    if (!stream.write(separator + JSON.stringify(entry))) await once(stream, "drain");
    separator = ",\n";
  }
  stream.end("\n]}\n");
  await once(stream, "finish");
}

if (import.meta.filename === process.argv[1]) {
  const [, , file, organizations] = process.argv;
  await writeDirectoryBundle(file, organizations && Number(organizations));
}
