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

  /** Waits until the EHR has redirected to the page. */
  async waitForRedirect() {
    await this.#page.waitForURL((url) => url.href.startsWith(`${appOrigin}/plain-html/`));
  }

  /** Waits until the page has loaded everything that it shows. */
  async waitForCompletion() {
    await this.#page.getByText(/^Connected\./).waitFor();
  }

  /** The page's section about the patient. */
  patient() {
    return this.#page.getByRole("region", { name: "Patient", exact: true });
  }
}
