// How the launcher shows documents.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { modifyJson, mockSearch, base64, forEveryOrigin } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { ehr, iss } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const tokenEndpoint = `${ehr}/oauth/token/`;

test("S7 no script in a document runs, and its text is shown", async ({ page, traffic }) => {
  const script = `<script>parent.document.title = top.ran = "ran"</script>`;
  const html = `<h1>Visit note</h1>${script}<img src="${ehr}/pixel" onerror="top.ran='ran'"><svg onload="top.ran='ran'"></svg>
    <a href="javascript:top.ran='ran'">link</a><iframe src="${ehr}/frame"></iframe><p style="color:red" onclick="top.ran='ran'">All is well.</p>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" onload="top.ran='ran'">${script}<circle r="9"/></svg>`;
  const cda = `<ClinicalDocument xmlns="urn:hl7-org:v3"><component><section><title>Plan</title>
    <text><paragraph>Walk daily.</paragraph><list><item>Ten minutes</item></list>${script}</text></section></component></ClinicalDocument>`;
  await mockSearch(page, iss, "DocumentReference", [
    reference("Page", "text/html; charset=utf-8", html),
    reference("Drawing", "image/svg+xml", svg),
    reference("Summary", "application/hl7-cda+xml", cda),
    reference("Letter", "text/plain", `Dear patient, ${script}`),
  ]);
  await grantDocuments(page);
  const launcher = await connectAsPatient(page);
  const documents = launcher.section("Documents");
  const open = (title) => documents.getByRole("button", { name: `Read (${title})`, exact: true }).press("Enter");

  await open("Page");
  const frame = page.frameLocator('iframe[title="Page"]');
  await frame.getByText("All is well.").waitFor();
  assert.equal(await page.locator('iframe[title="Page"]').getAttribute("sandbox"), "");
  await open("Drawing");
  await until("the drawing is displayed", () => page.frameLocator('iframe[title="Drawing"]').getByRole("img", { name: "Drawing" }).evaluate((image) => image.complete && image.naturalWidth > 0));
  await open("Summary");
  const summary = page.frameLocator('iframe[title="Summary"]');
  await summary.getByRole("heading", { name: "Plan" }).waitFor();
  await summary.getByRole("listitem").filter({ hasText: "Ten minutes" }).waitFor();
  await open("Letter");
  await documents.getByRole("region", { name: "Letter" }).getByText("<script>").waitFor();
  await page.keyboard.press("Enter");
  await documents.getByRole("region", { name: "Letter" }).waitFor({ state: "detached" });

  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.deepEqual(traffic.to(`${ehr}/pixel`).concat(traffic.to(`${ehr}/frame`)).map((request) => request.url()), []);
});

test("S7 markup that bypasses sanitization runs no script in the frame", async ({ page }) => {
  await mockSearch(page, iss, "DocumentReference", [reference("Page", "text/html", "<p>Words</p>")]);
  await grantDocuments(page);
  const launcher = await connectAsPatient(page);
  // Content that loads above the button would move it during the click.
  await launcher.waitForCompleteRecord();
  await launcher.section("Documents").getByRole("button", { name: "Read (Page)", exact: true }).click();
  const frame = page.locator('iframe[title="Page"]');
  await page.frameLocator('iframe[title="Page"]').getByText("Words").waitFor();
  await frame.evaluate((element) => {
    element.srcdoc = `<p>Raw</p><script>top.ran = "ran"</script>`;
  });
  await page.frameLocator('iframe[title="Page"]').getByText("Raw").waitFor();
  assert.equal(await page.evaluate(() => window.ran), undefined);
});

test("L8 deletions and insertions in an HTML document are marked, and no content is lost", async ({ page }) => {
  const html = `<style>.gone { text-decoration: line-through } .print { display: none } @media print { .here { display: none } }</style>
    <p>Allergies: <del>Penicillin</del> <ins>Latex</ins></p>
    <p style="color: red; text-decoration: line-through">5 mg daily</p><p class="gone">10 mg daily</p><p class="here">20 mg daily</p>
    <p hidden>Template</p><p class="print">For the printer</p><p>my style = good, 10<sup>9</sup></p>
    <svg><text>Left knee</text><p>After the drawing</p><img src="${ehr}/pixel" alt="Knee">
    <object data="${ehr}/frame">Inside the file <b>to its end</b>`;
  await mockSearch(page, iss, "DocumentReference", [reference("Page", "text/html", html)]);
  const { frame, documents } = await opened(page, "Page");
  await frame.getByText("to its end").waitFor();
  const text = (await frame.locator("body").innerText()).replace(/\s+/g, " ").trim();
  assert.equal(
    text,
    "Allergies: [removed: Penicillin] [added: Latex] [crossed out: 5 mg daily] [crossed out: 10 mg daily] 20 mg daily " +
      "my style = good, 109 [A drawing is not shown here.]Left knee After the drawing [A picture is not shown here: Knee] " +
      "[An embedded file is not shown here.]Inside the file to its end",
  );
  assert.deepEqual(await frame.locator("del").allInnerTexts(), ["Penicillin"]);
  assert.deepEqual(await frame.locator("s").allInnerTexts(), ["5 mg daily", "10 mg daily"]);
  assert.equal(await frame.locator("del").evaluate((element) => getComputedStyle(element).textDecorationLine), "line-through");
  assert.deepEqual(await documents.locator(".notice").allInnerTexts(), [
    "Parts of this document were removed, crossed out or added later. Each is marked.",
    "3 things in this document cannot be shown here. Each is marked in its place.",
    "2 parts that the document itself hides are not shown.",
  ]);
});

test("L8 XHTML is parsed as XML, so that an empty element hides no content", async ({ page }) => {
  const xhtml = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/><style>.gone { text-decoration: line-through }</style></head>
    <body onload="x()"><p class="gone">5 mg</p><div/><p>10 mg</p></body></html>`;
  await mockSearch(page, iss, "DocumentReference", [reference("Page", "application/xhtml+xml", xhtml)]);
  const { frame } = await opened(page, "Page");
  await frame.getByText("10 mg").waitFor();
  const text = (await frame.locator("body").innerText()).replace(/\s+/g, " ").trim();
  assert.equal(text, "[crossed out: 5 mg] 10 mg");
});

test("L8 a clinical document is shown completely, with its sections, tables and revisions", async ({ page }) => {
  const cda = `<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Summary</title><component><structuredBody>
    <component><section><title>Allergies</title><text><content revised="delete">Penicillin</content>
      <content styleCode="Strikeout">Eggs</content> <![CDATA[Ferritin > 300 & <b>rising</b>]]> end</text></section></component>
    <component><section><title>Results</title><text><table><caption>Blood</caption><tbody><tr><th>Iron</th><td>3</td></tr></tbody></table></text>
    </section></component></structuredBody></component></ClinicalDocument>`;
  await mockSearch(page, iss, "DocumentReference", [
    reference("Summary", "application/xml", cda),
    reference("Broken", "text/xml", cda.replace("</title>", "")),
  ]);
  const { frame, documents, open } = await opened(page, "Summary");
  await frame.getByRole("heading", { name: "Results" }).waitFor();
  assert.deepEqual(await frame.getByRole("heading").allInnerTexts(), ["Summary", "Allergies", "Results"]);
  const text = (await frame.locator("body").innerText()).replace(/\s+/g, " ");
  assert.match(text, /\[removed: Penicillin\] \[crossed out: Eggs\] Ferritin > 300 & <b>rising<\/b> end/);
  assert.equal(await frame.getByRole("table", { name: "Blood" }).getByRole("cell").innerText(), "3");
  await open("Broken");
  await documents.getByText("This document is damaged. It is shown as it was sent.").waitFor();
  await documents.getByRole("region", { name: "Broken" }).getByText("Ferritin > 300").waitFor();
});

test("L8 the sandbox's documents open: revised ones, a PDF that is only available as application/pdf, and one at another URL", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const documents = launcher.section("Documents");
  const open = (title) => documents.getByRole("button", { name: `Read (${title})`, exact: true }).first().click();
  await open("Instructions");
  const instructions = page.frameLocator('iframe[title="Instructions"]');
  await instructions.locator("del", { hasText: "9:00" }).waitFor();
  await open("Summary of episode note");
  const summary = page.frameLocator('iframe[title="Summary of episode note"]');
  await summary.locator("del", { hasText: "smokes" }).waitFor();
  await summary.getByRole("columnheader", { name: "Since" }).waitFor();

  await open("Consult note");
  const saving = page.waitForEvent("download");
  await documents.getByRole("link", { name: "Save the file" }).click();
  const file = await saving;
  assert.equal(file.suggestedFilename(), "Consult note.pdf");
  const bytes = [];
  for await (const chunk of await file.createReadStream()) bytes.push(chunk);
  assert.match(Buffer.concat(bytes).toString("latin1"), /^%PDF-1.4[\s\S]*%%EOF\n$/);

  await open("Advance directives");
  await documents.getByText("This document is at another address.").waitFor();
  await documents.getByText(/^https:\/\/documents\.example\/directives\/.*\.pdf$/).waitFor();
  assert.equal(await documents.getByText("cannot be used").count(), 0);
  const link = documents.getByRole("link", { name: "Open it in a new window" });
  assert.deepEqual([await link.getAttribute("rel"), await link.getAttribute("target")], ["noopener noreferrer external", "_blank"]);
  assert.deepEqual(traffic.to("https://documents.example"), []);
});

test("L8 a document opens if the server refuses FHIR JSON with 404 or 406, or always returns bytes", async ({ page }) => {
  for (const refused of [404, 406, undefined]) {
    await page.unroute(`${iss}/Binary/*`);
    await page.route(`${iss}/Binary/*`, (route) => {
      const accepted = route.request().headers().accept;
      const status = refused && accepted.includes("json") ? refused : 200;
      return route.fulfill({ status, headers: forEveryOrigin, contentType: status === 200 ? "text/plain" : "text/html", body: "Words of the clinic" });
    });
    await page.unroute(`${iss}/DocumentReference?*`);
    const attachment = { contentType: "text/plain", url: "Binary/7", size: 40 };
    await mockSearch(page, iss, "DocumentReference", [{ id: "1", status: "current", description: "Letter", content: [{ attachment }] }]);
    const { documents } = await opened(page, "Letter", { again: refused !== 404 });
    await documents.getByRole("region", { name: "Letter" }).getByText("Words of the clinic").waitFor();
    await documents.getByText("It may be incomplete or have been changed.").waitFor();
  }
});

test("L8 a list caption in a table cell does not split the row, and content that only some screens hide is shown", async ({ page }) => {
  const cda = `<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section><title>Results</title><text>
    <table><caption>Blood</caption><tbody><tr><td><list><caption>Iron</caption><item>low</item></list></td><td>3</td></tr></tbody></table>
    </text></section></component></structuredBody></component></ClinicalDocument>`;
  const html = `<style>.wide { display: none } @media only screen and (min-width: 1px) { .some { display: none } }
    @media not screen { .paper { text-decoration: line-through } } .gone { text-decoration: line-through }</style>
    <p class="wide">hidden</p><p class="some">5 mg</p><p class="paper">6 mg</p><p class="gone" style="text-decoration: none">7 mg</p>`;
  await mockSearch(page, iss, "DocumentReference", [reference("Summary", "application/xml", cda), reference("Page", "text/html", html)]);
  const { frame, open } = await opened(page, "Summary");
  const row = frame.getByRole("table", { name: "Blood" }).getByRole("row");
  await row.waitFor();
  assert.deepEqual(await row.getByRole("cell").allInnerTexts().then((cells) => cells.map((cell) => cell.replace(/\s+/g, " ").trim())), ["Iron low", "3"]);
  await open("Page");
  const text = page.frameLocator('iframe[title="Page"]').locator("body");
  await text.getByText("7 mg").waitFor();
  assert.equal((await text.innerText()).replace(/\s+/g, " ").trim(), "5 mg 6 mg 7 mg");
});

/** Signs in, or reloads the record, and opens a document. */
async function opened(page, title, { again = false } = {}) {
  if (!again) await grantDocuments(page);
  const launcher = again ? new Launcher(page) : await connectAsPatient(page);
  if (again) await page.reload();
  await launcher.waitForCompleteRecord();
  const documents = launcher.section("Documents");
  const open = (name) => documents.getByRole("button", { name: `Read (${name})`, exact: true }).press("Enter");
  await open(title);
  return { documents, open, frame: page.frameLocator(`iframe[title="${title}"]`) };
}

function reference(description, contentType, contents) {
  return { id: description, status: "current", description, content: [{ attachment: { contentType, data: base64(contents) } }] };
}

/** Adds documents to the granted scopes. */
async function grantDocuments(page) {
  await modifyJson(page, tokenEndpoint, (tokens) => {
    tokens.scope += " patient/DocumentReference.rs";
  });
}
