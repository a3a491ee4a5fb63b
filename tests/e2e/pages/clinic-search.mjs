import { appOrigin } from "../support/servers.mjs";

/** The search for a clinic on the launcher's start page. `home` is the launcher's base URL without a trailing slash. */
export class ClinicSearch {
  #page;
  #home;

  constructor(page, home = appOrigin) {
    this.#page = page;
    this.#home = home;
  }

  async open() {
    await this.#page.goto(`${this.#home}/`);
    await this.#page.locator("#clinic-words:enabled").waitFor();
  }

  field() {
    return this.#page.getByRole("combobox", { name: "Find your clinic" });
  }

  /** The results whose text contains `text`, or all. */
  options(text = "") {
    return this.#page.getByRole("option").filter({ hasText: text });
  }

  /** The result that is active, according to `aria-activedescendant`. */
  async active() {
    const id = await this.field().getAttribute("aria-activedescendant");
    return id === null ? null : this.#page.locator(`#${id}`);
  }

  /** The number of results, which screen readers announce. */
  status() {
    return this.#page.locator(".clinic-search").getByRole("status");
  }

  chosen() {
    return this.#page.locator(".clinic.chosen");
  }

  /** Types words, and waits until they are searched. */
  async type(words) {
    await this.field().pressSequentially(words);
    await this.status().getByText(/found/).waitFor();
  }

  /** Opens the section for clinics that are not in the list, and looks up an address. */
  async lookUp(address) {
    const details = this.#page.locator("details.other-clinic");
    if (!(await details.evaluate((element) => element.open))) await details.locator("summary").first().click();
    await this.#page.getByLabel("Web address of its patient portal").fill(address);
    await this.#page.getByRole("button", { name: "Look it up", exact: true }).click();
  }
}
