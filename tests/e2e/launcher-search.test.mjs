// A patient finds a clinic by its name and city on the launcher's start page, and connects to it.

import assert from "node:assert/strict";
import { ClinicSearch } from "./pages/clinic-search.mjs";
import { Launcher } from "./pages/launcher.mjs";
import { Portal } from "./pages/portal.mjs";
import { findings } from "./support/axe.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { forEveryOrigin, modifyJson } from "./support/responses.mjs";
import { appOrigin, ehr, iss, patientLogin } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const brands = `${ehr}/brands.json`;

/** Leaves only the clinics of the list, with the registration of the list. */
async function withoutConfiguredServers(page) {
  await modifyJson(page, "**/launcher.config.json", (config) => ({ ...config, connect: [], servers: [] }));
}

/** Counts the clicks in all pages. */
async function countClicks(page) {
  let clicks = 0;
  await page.exposeFunction("countClick", () => (clicks += 1));
  await page.addInitScript(() => addEventListener("pointerdown", () => window.countClick(), { capture: true }));
  return () => clicks;
}

test("E14 a patient searches, connects and sees the record in five clicks, and the words never leave the browser", async ({ page, traffic }) => {
  await withoutConfiguredServers(page);
  const clicks = await countClicks(page);
  const search = new ClinicSearch(page);
  await search.open();
  await search.field().click();
  await search.type("harborview erie");
  await search.options("Harborview Eye Center").click();
  await new Launcher(page).connectButton().click();
  await page.getByLabel("User name").fill(patientLogin.userName);
  await page.keyboard.press("Enter");
  await page.getByLabel("Password").fill(patientLogin.password);
  await page.keyboard.press("Enter");
  await new Portal(page).allow();
  await new Launcher(page).waitForCompleteRecord();
  assert.ok(clicks() <= 5, `${clicks()} clicks`);
  const sent = traffic.to("http").map((request) => `${request.method()} ${request.url()} ${request.postData() ?? ""}`);
  assert.ok(sent.some((request) => request === `GET ${brands} `), "the list is fetched as it is");
  assert.deepEqual(sent.filter((request) => /harborview|erie/i.test(request)), []);
  await page.getByText("From Harborview Eye Center", { exact: true }).waitFor();
});

/** Connects to a clinic of the list that is found by `words`. */
async function connectTo(page, words) {
  await withoutConfiguredServers(page);
  const search = new ClinicSearch(page);
  await search.open();
  await search.type(words);
  await search.options().first().click();
  await new Launcher(page).connectButton().click();
  await confirmAtPortal(page);
  await new Launcher(page).waitForRecord();
  return search;
}

/** The clinics that were used, as this device stores them. */
function remembered(page) {
  return page.evaluate(() => localStorage.getItem("launcher.recent"));
}

test("E15 the clinic that was used comes first on the next visit, and can be forgotten", async ({ page }) => {
  const search = await connectTo(page, "harborview");
  assert.match(await remembered(page), /^http.*\tHarborview Eye Center\tErie, PA\t/);
  assert.doesNotMatch(await remembered(page), /MIE-localhost|Patient|token/i);
  await search.open();
  await search.chosen().getByText("Harborview Eye Center").waitFor();
  await search.field().click();
  await search.options("Harborview Eye Center").waitFor();
  await page.getByRole("button", { name: "Forget the clinics used before", exact: true }).click();
  await search.options().first().waitFor({ state: "detached" });
  assert.equal(await remembered(page), null);
  await page.goto(`${appOrigin}/record`);
  await new Launcher(page).waitForRecord();
});

test("E15 signing out of the last session forgets the clinics", async ({ page }) => {
  await connectTo(page, "harborview");
  assert.notEqual(await remembered(page), null);
  const launcher = new Launcher(page);
  await launcher.openSession();
  await launcher.signOut();
  await launcher.waitForSignOut();
  await page.waitForFunction(() => localStorage.getItem("launcher.recent") === null);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("launcher.chosen")), null);
});

test("E17 a clinic at which the app is not registered is shown, cannot be chosen, and gets no request", async ({ page, traffic }) => {
  const search = new ClinicSearch(page);
  await search.open();
  await search.type("cedar hollow");
  const option = search.options("Cedar Hollow Medical Group");
  await option.getByText("Not set up in this app yet", { exact: true }).waitFor();
  assert.equal(await option.getAttribute("aria-disabled"), "true");
  await option.click({ force: true });
  await search.field().press("Enter");
  assert.equal(await search.chosen().getByText("Cedar Hollow").count(), 0);
  assert.deepEqual(traffic.to("https://").map((request) => request.url()), []);
});

test("E10 clinics with the same name are told apart by their cities and portals", async ({ page }) => {
  const search = new ClinicSearch(page);
  await search.open();
  await search.type("riverbend");
  const texts = await search.options().allInnerTexts();
  assert.equal(texts.length, 2);
  assert.match(texts[0] + texts[1], /Madison, WI[\s\S]*portal\.riverbend-wi\.example/);
  assert.match(texts[0] + texts[1], /Marietta, OH[\s\S]*portal\.riverbend-oh\.example/);
});

test("E8 the search is used with the keyboard only, up to the record", async ({ page }) => {
  await withoutConfiguredServers(page);
  const search = new ClinicSearch(page);
  await search.open();
  const field = search.field();
  for (let tab = 0; tab < 10 && !(await field.evaluate((element) => element === document.activeElement)); tab++) await page.keyboard.press("Tab");
  assert.equal(await field.getAttribute("aria-expanded"), "false");
  await search.type("fort wayne");
  assert.equal(await field.getAttribute("aria-expanded"), "true");
  assert.equal(await search.active(), null);
  await page.keyboard.press("ArrowDown");
  const first = await (await search.active()).innerText();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  assert.equal(await (await search.active()).innerText(), first, "the arrow keys wrap around");
  await page.keyboard.press("Escape");
  assert.equal(await field.getAttribute("aria-expanded"), "false");
  assert.equal(await field.inputValue(), "fort wayne");
  await page.keyboard.press("Escape");
  assert.equal(await field.inputValue(), "");
  await search.type("fort wayne");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await search.chosen().getByText("Fort Wayne, IN").waitFor();
  await search.status().getByText(/ is chosen\.$/).waitFor();
  assert.equal(await field.evaluate((element) => element === document.activeElement), true, "the focus stays in the field");
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Connect to /);
  await page.keyboard.press("Enter");
  await confirmAtPortal(page);
  await new Launcher(page).waitForRecord();
});

test("E16 the texts of a list are shown as text", async ({ page }) => {
  const markup = `<img src=x onerror="document.title='script ran'"> Clinic`;
  await modifyJson(page, brands, (bundle) => {
    bundle.entry.find(({ resource }) => resource.id === "pinecrest").resource.name = markup;
    return bundle;
  });
  const search = new ClinicSearch(page);
  await search.open();
  await search.type("onerror clinic");
  await search.options(markup).waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  assert.notEqual(await page.title(), "script ran");
});

test("E9 E11 a search says how many were found; one that finds nothing says what the list has, and offers an address", async ({ page }) => {
  const search = new ClinicSearch(page);
  await search.open();
  await search.type("springfield");
  await search.status().getByText("2 clinics found.", { exact: true }).waitFor();
  await search.field().fill("qqqq");
  await search.status().getByText(/^Nothing found for “qqqq”\. The list has \d+ clinics with \d+ places, from localhost \(/).waitFor();
  await page.getByLabel("Web address of its patient portal").waitFor({ state: "visible" });
  assert.deepEqual(await findings(page), []);
});

test("E13 an address is looked up in the list and at the server, and only a registered clinic can be chosen", async ({ page, traffic }) => {
  const search = new ClinicSearch(page);
  await search.open();
  await search.lookUp("portal.cedar-hollow.example/login?next=/");
  await page.getByText("Cedar Hollow Medical Group has a system that apps can connect to, but this app is not set up there yet.").waitFor();
  await page.route("https://fhir.unknown.example/**", (route) =>
    route.request().url().endsWith("/.well-known/smart-configuration")
      ? route.fulfill({ headers: forEveryOrigin, json: { token_endpoint: "https://fhir.unknown.example/token", capabilities: [] } })
      : route.fulfill({ status: 404, headers: forEveryOrigin }),
  );
  await search.lookUp("https://fhir.unknown.example/r4");
  await page.getByText("fhir.unknown.example has a system that apps can connect to").waitFor();
  await search.lookUp("https://nowhere.example/");
  await page.getByText("This app found no system at nowhere.example").waitFor();
  assert.deepEqual(await findings(page), []);
  await search.lookUp("what is this");
  await page.getByText("This is not a web address.").waitFor();
  assert.deepEqual(traffic.to("https://").filter((request) => request.isNavigationRequest()), []);
  await search.lookUp(iss);
  await page.getByText("Found: Sandbox Clinic. Press Connect to go on.").waitFor();
  await new Launcher(page).connectButton().click();
  await confirmAtPortal(page);
  await new Launcher(page).waitForRecord();
});

test("E12 the list is fetched when a patient comes to the search, and not before", async ({ page, traffic }) => {
  const lists = () => traffic.to(brands).length;
  const search = new ClinicSearch(page);
  await search.open();
  await new Launcher(page).connectButton().waitFor();
  assert.equal(lists(), 0);
  await search.field().focus();
  await until("the list is requested", () => lists() === 1);
  await search.type("pinecrest");
  await search.options("Pinecrest Pediatrics").waitFor();
  assert.equal(lists(), 1);
});

test("E12 words that are typed before the list is there are searched when it comes", async ({ page }) => {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(brands, async (route) => {
    await released;
    await route.continue();
  });
  const search = new ClinicSearch(page);
  await search.open();
  await search.field().pressSequentially("pinecrest");
  await search.status().getByText("The list of clinics is loading.").waitFor();
  release();
  await search.options("Pinecrest Pediatrics").waitFor();
  await search.status().getByText("1 clinic found.", { exact: true }).waitFor();
});

test("E12 a list that cannot be loaded leaves the clinics of the configuration and the address, and can be loaded again", async ({ page }) => {
  let isDown = true;
  await page.route(brands, (route) => (isDown ? route.abort("connectionrefused") : route.continue()));
  const search = new ClinicSearch(page);
  await search.open();
  await search.field().click();
  await search.status().getByText("The list of clinics could not be loaded. You can enter your clinic's web address below.", { exact: true }).waitFor();
  assert.ok(await new Launcher(page).connectButton().isEnabled());
  await page.getByLabel("Web address of its patient portal").waitFor({ state: "visible" });
  await page.getByText("Details for support").first().click();
  await page.getByText("directory_unreachable").waitFor();
  assert.deepEqual(await findings(page), []);
  isDown = false;
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await search.field().fill("pinecrest");
  await search.options("Pinecrest Pediatrics").waitFor();
});

test("E12 the brands of a list can be searched while its places are loading, and without them", async ({ page }) => {
  const text = {
    index: `smartrust directory 1, brands\nS\tA vendor\t2026-11-01\nB\t0\tMercy\nP\nE\t${iss}\t4.0.1\n`,
    places: "smartrust directory 1, facilities\n#0\n-East Side\tMadison\tWI\t53703\n",
  };
  const outcomes = [];
  await page.route(brands, (route) => route.fulfill({ headers: forEveryOrigin, json: { index: "index.txt", places: "places.txt" } }));
  await page.route(`${ehr}/index.txt`, (route) => route.fulfill({ headers: forEveryOrigin, body: text.index }));
  await page.route(`${ehr}/places.txt`, async (route) => {
    await new Promise((resolve) => outcomes.push(resolve)).then((outcome) => route.fulfill({ headers: forEveryOrigin, ...outcome }));
  });
  const search = new ClinicSearch(page);
  await search.open();
  await search.field().fill("mercy");
  await search.status().getByText("1 clinic found. Some places are still loading.", { exact: true }).waitFor();
  await until("the places are requested", () => outcomes.length > 0);
  outcomes.shift()({ status: 500, body: "" });
  await search.status().getByText("1 clinic found. Some places could not be loaded, so your clinic may be missing.", { exact: true }).waitFor();
  await search.field().fill("mercy madison");
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await until("the places are requested again", () => outcomes.length > 0);
  outcomes.shift()({ status: 200, body: text.places });
  await search.options("East Side, Madison, WI").waitFor();
});

test("E12 axe finds no violations in an open list, and it is not wider than a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  const search = new ClinicSearch(page);
  await search.open();
  for (const words of ["", "clinic"]) {
    await search.field().fill(words);
    await search.field().press("ArrowDown");
    await search.options().first().waitFor();
    assert.deepEqual(await findings(page), [], words);
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(excess <= 0, `${excess} pixels too wide`);
  }
});
