// Responses of the EHR that a test replaces or modifies before the page gets them.

/** Passes the JSON of every response from `url` to `change`, which modifies it or returns another object. */
export async function modifyJson(page, url, change) {
  await page.route(url, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    await route.fulfill({ response, json: change(json) ?? json });
  });
}

/** Responds to every search for a type with these resources. Their subject is the patient unless they name another. */
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

/** The header that lets a page of any origin read a response. */
export const forEveryOrigin = { "access-control-allow-origin": "*" };

/** Encodes a string as base64 of its UTF-8. */
export function base64(text) {
  return Buffer.from(text, "utf8").toString("base64");
}
