import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Directory, SmartError } from "../../pkg/node-directory.js";

const example = (number) =>
  JSON.parse(readFileSync(new URL(`../../sdk/tests/published/user-access-brands/example-${number}.json`, import.meta.url), "utf8"));

const LIST = {
  "/directory.json": JSON.stringify({ index: "index-1.txt", places: "places-1.txt" }),
  "/index-1.txt":
    "smartrust directory 1, brands\nS\tvendor\t2020-01-01\nB\t0\tMercy\nL\tSpringfield\tMO\t65801\nP\tMyMercy\t\thttps://portal.example\nE\thttps://fhir.example/r4\t4.0.1\n",
  "/places-1.txt": "smartrust directory 1, facilities\n#0\n-East Side Clinic\tBoone\tNC\t28607\n",
};

const served = { files: {}, requests: [], etag: undefined };
let origin;
const server = createServer((request, response) => {
  served.requests.push(request);
  const etag = served.etag;
  if (etag && request.headers["if-none-match"] === etag) return response.writeHead(304).end();
  const file = served.files[request.url];
  response.writeHead(file === undefined ? 404 : 200, etag ? { etag } : {}).end(file);
});

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

/** What a promise rejects with. */
const errorOf = (promise) => promise.then(() => assert.fail("it did not reject"), (error) => error);

function serve(files, etag) {
  Object.assign(served, { files, etag, requests: [] });
}

test("E8 E9 E10 a search returns brands with portals, endpoints and the place that matched", async () => {
  serve(LIST);
  const directory = await Directory.open(`${origin}/directory.json`);
  const { total, matches } = directory.search("mercy missouri");
  assert.equal(total, 1);
  assert.deepEqual(matches, [
    {
      brand: {
        name: "Mercy",
        aliases: [],
        website: undefined,
        places: [{ city: "Springfield", state: "MO", postalCode: "65801" }],
        portals: [
          {
            name: "MyMercy",
            description: undefined,
            url: "https://portal.example",
            endpoints: [{ fhirBase: "https://fhir.example/r4", fhirVersions: ["4.0.1"], name: undefined }],
          },
        ],
        source: { name: "vendor", date: "2020-01-01" },
      },
      place: { name: "Mercy", isBrand: false, address: { city: "Springfield", state: "MO", postalCode: "65801" } },
      matched: { count: 1, of: 1 },
    },
  ]);
  assert.deepEqual(directory.search("nothing like it"), { total: 0, matches: [] });
});

test("E12 E14 facilities are loaded on demand, and a search sends nothing", async () => {
  serve(LIST);
  const directory = await Directory.open(new URL("/directory.json", origin));
  assert.equal(directory.search("east side").total, 0);
  await directory.loadFacilities();
  const before = served.requests.length;
  const [match] = directory.search("east side").matches;
  assert.deepEqual([match.place.name, match.place.address.city, match.matched], ["East Side Clinic", "Boone", { count: 1, of: 2 }]);
  assert.equal(served.requests.length, before);
  assert.ok(served.requests.every((request) => request.headers.authorization === undefined));
});

test("E11 a list that is old, and what was left out, are findings", async () => {
  serve(LIST);
  const old = (await Directory.open(`${origin}/directory.json`)).describe();
  assert.deepEqual([old.brands, old.facilities, old.findings.map(({ code }) => code)], [1, 0, ["directory_stale"]]);
  const bundle = (await Directory.open(example(2))).describe();
  assert.deepEqual([bundle.brands, bundle.facilities], [1, 2]);
  assert.ok(bundle.findings.some(({ code, message }) => code === "fhir_version" && message === "1 Endpoint resource was left out because its FHIR version is one that the app does not support."));
});

test("E5 older versions are taken if the app supports them", async () => {
  const directory = await Directory.open(example(2), { olderVersions: ["1.0"] });
  const [{ brand }] = directory.search("examplehealth").matches;
  assert.deepEqual(brand.portals[0].endpoints.map(({ fhirVersions: [version] }) => version), ["4.0.1", "1.0.2"]);
});

test("E6 E13 several Bundles make one directory, which knows URLs", async () => {
  const directory = await Directory.open([example(1), example(3)]);
  assert.equal(directory.describe().brands, 2);
  assert.equal(directory.findByUrl("https://fhir.labs.example.com/r4/").name, "ExampleLabs");
  assert.equal(directory.findByUrl("https://other.example/"), null);
  assert.throws(() => directory.findByUrl("not a URL"), { name: "SmartError", code: "invalid_url" });
});

test("E7 a server names its brands and its own one; what cannot be used is a finding", async () => {
  const entry = (resource) => ({ resource });
  const organization = (id, name) => ({
    resourceType: "Organization",
    id,
    name,
    identifier: [{ system: "urn:ietf:rfc:3986", value: `https://${id}.example` }],
    endpoint: [{ reference: `Endpoint/${id}` }],
  });
  const endpoint = (id) => ({ resourceType: "Endpoint", id, status: "active", address: `${origin}/${id}` });
  const resources = [organization("north", "North"), endpoint("north"), organization("south", "South"), endpoint("south")];
  const bundle = { resourceType: "Bundle", type: "collection", entry: resources.map(entry) };
  const withConfiguration = (configuration) =>
    serve({ "/fhir/.well-known/smart-configuration": JSON.stringify(configuration), "/brands.json": JSON.stringify(bundle) });
  const identifier = { system: "urn:ietf:rfc:3986", value: "https://south.example" };
  withConfiguration({ user_access_brand_bundle: `${origin}/brands.json`, user_access_brand_identifier: identifier });
  const { directory, brand, findings } = await Directory.ofServer(`${origin}/fhir`);
  assert.equal(brand.name, "South");
  assert.equal(directory.search("north").total, 1);
  assert.deepEqual(findings, []);
  assert.ok(served.requests.every(({ headers }) => headers.authorization === undefined));

  withConfiguration({ user_access_brand_bundle: "brands.json" });
  const unusable = await Directory.ofServer(new URL(`${origin}/fhir`));
  assert.deepEqual([unusable.directory, unusable.brand, unusable.findings.map(({ code }) => code)], [null, null, ["brand_bundle"]]);
  serve({});
  assert.equal((await errorOf(Directory.ofServer(`${origin}/fhir`))).code, "directory_unreachable");
  assert.equal((await errorOf(Directory.ofServer("no URL"))).code, "invalid_url");
});

test("E19 a directory is fetched again only if it has changed", async () => {
  serve({ "/brands.json": JSON.stringify(example(1)) }, '"1"');
  const directory = await Directory.open(`${origin}/brands.json`);
  assert.equal(await directory.refresh(), false);
  serve({ "/brands.json": JSON.stringify(example(3)) }, '"2"');
  assert.equal(await directory.refresh(), true);
  assert.equal(directory.search("examplehospital").total, 1);
  assert.equal(await (await Directory.open(example(1))).refresh(), false);
});

test("E19 what cannot be opened is a typed error", async () => {
  serve({ "/page": "<html>", "/patient": '{"resourceType":"Patient"}', "/large": `{"resourceType":"Bundle","x":"${"x".repeat(9_000_000)}"}` });
  for (const [source, code] of [
    [`${origin}/missing`, "directory_unreachable"],
    ["http://127.0.0.1:9/brands.json", "directory_unreachable"],
    [`${origin}/page`, "directory_invalid"],
    [`${origin}/patient`, "directory_invalid"],
    [`${origin}/large`, "directory_too_large"],
    ["brands.json", "invalid_url"],
    ["", "invalid_url"],
    [{ resourceType: "Patient" }, "invalid_configuration"],
    [undefined, "invalid_configuration"],
    [7, "invalid_configuration"],
    [[example(1), null], "invalid_configuration"],
  ]) {
    const error = await errorOf(Directory.open(source));
    assert.ok(error instanceof SmartError, String(error));
    assert.equal(error.code, code, `${JSON.stringify(source)}: ${error.message}`);
  }
  assert.equal((await errorOf(Directory.open(`${origin}/page`, { signal: AbortSignal.abort() }))).code, "aborted");
});

test("E19 a directory that was disposed of says so", async () => {
  const directory = await Directory.open(example(1));
  directory[Symbol.dispose ?? Object.getOwnPropertySymbols(Directory.prototype)[0]]();
  assert.throws(() => directory.search("labs"), { name: "SmartError", code: "disposed" });
  assert.equal((await errorOf(directory.refresh())).code, "disposed");
});
