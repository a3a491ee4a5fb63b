import { ehr } from "../support/servers.mjs";

/** The sandbox EHR's list of the apps that have access. The provider is logged in. */
export class TokenAdministration {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async open() {
    await this.#page.goto(`${ehr}?f=layout&module=Login&name=OAuthCodes`);
    await this.#heading().waitFor();
  }

  /** The rows of a patient, or of all; each is a grant. */
  grants(patient = "") {
    return this.#page.getByRole("row").filter({ has: this.#page.getByRole("rowheader", { name: patient }) });
  }

  /** Revokes the newest grant of a patient, or of all, and waits until it is gone. */
  async revoke(patient = "") {
    const button = this.grants(patient).first().getByRole("button", { name: /^Revoke/ });
    const answered = this.#page.waitForResponse((response) => response.request().method() === "POST");
    await button.click();
    await answered;
    await this.#heading().waitFor();
  }

  #heading() {
    return this.#page.getByRole("heading", { name: "Token Administration", exact: true });
  }
}
