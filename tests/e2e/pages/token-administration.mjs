import { ehr } from "../support/servers.mjs";

/** The sandbox EHR's list of apps with access. The provider must be logged in. */
export class TokenAdministration {
  #page;
  #ehr;

  constructor(page, base = ehr) {
    this.#page = page;
    this.#ehr = base;
  }

  async open() {
    await this.#page.goto(`${this.#ehr}?f=layout&module=Login&name=OAuthCodes`);
    await this.#heading().waitFor();
  }

  /** The rows of one patient, or of all patients. Each row is a grant. */
  grants(patient = "") {
    return this.#page.getByRole("row").filter({ has: this.#page.getByRole("rowheader", { name: patient }) });
  }

  /** Revokes the newest grant of one patient, or of all patients, and waits until the page has loaded again. */
  async revoke(patient = "") {
    const button = this.grants(patient).first().getByRole("button", { name: /^Revoke/ });
    const response = this.#page.waitForResponse((response) => response.request().method() === "POST");
    await button.click();
    await response;
    await this.#heading().waitFor();
  }

  #heading() {
    return this.#page.getByRole("heading", { name: "Token Administration", exact: true });
  }
}
