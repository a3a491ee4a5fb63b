// Answers of the EHR, changed on their way to the page.

/** Lets `change` alter the JSON of every answer to `address`; it may return another object. */
export async function modifyJson(page, address, change) {
  await page.route(address, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    await route.fulfill({ response, json: change(json) ?? json });
  });
}

/** Answers every search for a type with these resources, as the patient's unless they name another. */
export async function mockSearch(page, base, type, resources) {
  await page.route(`${base}/${type}?*`, async (route) => {
    const patient = new URL(route.request().url()).searchParams.get("patient");
    const entry = resources.map((resource) => ({
      resource: { resourceType: type, subject: { reference: `Patient/${patient}` }, ...resource },
    }));
    const headers = { ...forEveryOrigin, "content-type": "application/fhir+json" };
    await route.fulfill({ headers, body: JSON.stringify({ resourceType: "Bundle", type: "searchset", entry }) });
  });
}

/** The header that lets a page of any origin read an answer. */
export const forEveryOrigin = { "access-control-allow-origin": "*" };

/** Base64 of a text in UTF-8. */
export function base64(text) {
  return Buffer.from(text, "utf8").toString("base64");
}
