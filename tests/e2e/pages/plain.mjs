import { appOrigin } from "../support/servers.mjs";

/** The page without a framework. */
export class PlainPage {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async connect() {
    await this.#page.goto(`${appOrigin}/plain-html/`);
    await this.#page.getByRole("button", { name: "Connect", exact: true }).click();
  }

  /** Waits for the page to be back from the EHR. */
  async waitForRedirect() {
    await this.#page.waitForURL((address) => address.href.startsWith(`${appOrigin}/plain-html/`));
  }

  /** Waits until the page has asked for all that it shows. */
  async waitForCompletion() {
    await this.#page.getByText(/^Connected\./).waitFor();
  }

  /** What the page tells of its patient. */
  patient() {
    return this.#page.getByRole("region", { name: "Patient", exact: true });
  }
}
