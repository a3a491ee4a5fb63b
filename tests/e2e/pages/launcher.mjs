import { appOrigin } from "../support/servers.mjs";

/** The launcher's pages. `home` is their base URL without a trailing slash. */
export class Launcher {
  #page;
  #home;

  constructor(page, home = appOrigin) {
    this.#page = page;
    this.#home = home;
  }

  /** Opens the start page and connects. With `keep`, the patient stays connected on this device. */
  async connect({ keep = false } = {}) {
    await this.#page.goto(`${this.#home}/`);
    if (keep) await this.keepBox().check();
    await this.connectButton().click();
  }

  /** The start page's button that launches. It names the clinic if patients can choose one. */
  connectButton() {
    return this.#page.getByRole("button", { name: /^Connect( to |$)/ });
  }

  async openHome() {
    await this.#page.goto(`${this.#home}/`);
    await this.heading("See your health record").waitFor();
  }

  /** The checkbox with which a patient stays connected. */
  keepBox() {
    return this.#page.getByRole("checkbox", { name: "Keep me connected on this device", exact: true });
  }

  /** The checkbox with which this device stores and shows names. */
  namesBox() {
    return this.#page.getByRole("checkbox", { name: "Show names on the start page of this device", exact: true });
  }

  /** The entries of the records that this device can open, or the entry of one person. */
  keptRecords(person = "") {
    return this.section("Your records on this device").getByRole("listitem").filter({ hasText: person });
  }

  /** Presses the button that opens a person's record from the list. */
  async openKept(person) {
    await this.button(/^Open \(/, this.keptRecords(person)).click();
  }

  /** The person whose record is open, in the patient banner. */
  async personShown() {
    return (await this.banner().locator(".banner-name").innerText()).trim();
  }

  /** Waits until a launch has ended and the record is shown. */
  async waitForRecord() {
    await this.#page.waitForURL(`${this.#home}/record`);
    await this.banner().waitFor();
    await this.heading("Problems").waitFor();
    await this.heading("Vital signs").waitFor();
  }

  /** Waits until this content is shown. What is of a patient who is not open in the chart is hidden until the provider stays with the record. */
  async waitForShown(content) {
    const stay = this.button("Stay with this record");
    await content.or(stay).waitFor();
    if (await stay.isVisible()) await stay.click();
    await content.waitFor();
  }

  /** Waits until the record is shown. If another patient is open in the chart, the provider stays with this record. */
  async stayWithRecord() {
    await this.waitForShown(this.banner());
    await this.waitForRecord();
  }

  /** Opens the start page, unchecks the options with these sentences, and connects. */
  async connectWithout(sentences) {
    await this.#page.goto(`${this.#home}/`);
    for (const sentence of sentences) await this.option(sentence).uncheck();
    await this.connectButton().click();
  }

  /** The checkbox for a permission that the app requests. */
  option(sentence) {
    return this.#page.getByRole("checkbox", { name: sentence, exact: true });
  }

  /** Waits until no part of the record is loading any more, whether it succeeded or failed. */
  async waitForLoadedRecord() {
    await this.waitForRecord();
    await this.#page.getByText(/^(All parts of the record that this app asks for|Not all parts of the record) are here[.:]/).waitFor({ state: "attached" });
  }

  /** Waits until every part of the record has loaded. */
  async waitForCompleteRecord() {
    await this.waitForRecord();
    await this.#page.getByText("All parts of the record that this app asks for are here.").waitFor({ state: "attached" });
  }

  async openSession() {
    await this.#page.goto(`${this.#home}/session`);
    await this.heading("Who you are").waitFor();
  }

  async openRecord() {
    await this.#page.goto(`${this.#home}/record`);
    await this.waitForRecord();
  }

  /** Follows a link of the navigation, which loads no page anew. */
  async follow(name) {
    await this.#page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true }).click();
  }

  /** Waits until the requested refresh has ended. */
  async waitForRefresh() {
    await this.#page.locator("button:enabled", { hasText: "Refresh now" }).waitFor();
  }

  /** Waits for the page that says that the session has ended. */
  async waitForSignOut() {
    await this.#page.getByText("signed out").first().waitFor();
  }

  async refresh() {
    await this.#page.getByRole("button", { name: "Refresh now", exact: true }).click();
  }

  async signOut() {
    await this.#page.getByRole("button", { name: "Sign out", exact: true }).click();
  }

  /** The patient banner above the record. */
  banner() {
    return this.#page.getByRole("region", { name: "Patient", exact: true });
  }

  heading(name) {
    return this.#page.getByRole("heading", { name, exact: true });
  }

  /** The section of the page with this heading. */
  section(name) {
    return this.#page.locator("section, article, [role=region]").filter({ has: this.heading(name) }).last();
  }

  /** A button by its label, inside an element or on the whole page. */
  button(name, within = this.#page) {
    return within.getByRole("button", { name });
  }

  /** The message of the error page. */
  alert() {
    return this.#page.getByRole("alert");
  }
}
