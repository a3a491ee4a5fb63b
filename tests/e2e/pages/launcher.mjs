import { appOrigin } from "../support/servers.mjs";

/** The launcher's pages, below an address without a slash at its end. */
export class Launcher {
  #page;
  #home;

  constructor(page, home = appOrigin) {
    this.#page = page;
    this.#home = home;
  }

  async connect() {
    await this.#page.goto(`${this.#home}/`);
    await this.#page.getByRole("button", { name: "Connect", exact: true }).click();
  }

  /** Waits for the record that a launch ends in. */
  async waitForRecord() {
    await this.#page.waitForURL(`${this.#home}/record`);
    await this.banner().waitFor();
    await this.heading("Problems").waitFor();
    await this.heading("Vital signs").waitFor();
  }

  /** Opens the start page and leaves out what its sentence says, before connecting. */
  async connectWithout(sentences) {
    await this.#page.goto(`${this.#home}/`);
    for (const sentence of sentences) await this.option(sentence).uncheck();
    await this.#page.getByRole("button", { name: "Connect", exact: true }).click();
  }

  /** The checkbox for something that the app asks for. */
  option(sentence) {
    return this.#page.getByRole("checkbox", { name: sentence, exact: true });
  }

  /** Waits until no part of the record is loading, whichever way each ended. */
  async waitForLoadedRecord() {
    await this.waitForRecord();
    await this.#page.getByText(/^(All parts of the record that this app asks for|Not all parts of the record) are here[.:]/).waitFor({ state: "attached" });
  }

  /** Waits until every part of the record is there. */
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

  /** Waits until a refresh that was asked for has ended. */
  async waitForRefresh() {
    await this.#page.locator("button:enabled", { hasText: "Refresh now" }).waitFor();
  }

  /** Waits for the page that says that the session is over. */
  async waitForSignOut() {
    await this.#page.getByText("signed out").first().waitFor();
  }

  async refresh() {
    await this.#page.getByRole("button", { name: "Refresh now", exact: true }).click();
  }

  async signOut() {
    await this.#page.getByRole("button", { name: "Sign out", exact: true }).click();
  }

  /** Who the patient is, above the record. */
  banner() {
    return this.#page.getByRole("region", { name: "Patient", exact: true });
  }

  heading(name) {
    return this.#page.getByRole("heading", { name, exact: true });
  }

  /** The part of the page that stands under a heading. */
  section(name) {
    return this.#page.locator("section, article, [role=region]").filter({ has: this.heading(name) }).last();
  }

  /** A button by its words, inside a part of the page or on all of it. */
  button(name, within = this.#page) {
    return within.getByRole("button", { name });
  }

  /** What the error page says. */
  alert() {
    return this.#page.getByRole("alert");
  }
}
