import { ehr } from "../support/servers.mjs";

/** The provider's side of the sandbox EHR: log-in, patient list, and a chart with its FHIR Launch portlet. */
export class Chart {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async logIn({ userName, password }) {
    await this.#page.goto(ehr);
    await this.#page.getByLabel("User name").fill(userName);
    await this.#page.getByLabel("Password").fill(password);
    await this.#page.getByRole("button", { name: "Log in", exact: true }).click();
  }

  /** Opens the chart of the patient at `index` of the list, and returns the name that the list shows. */
  async openPatient(index) {
    const link = this.#page.getByRole("main").getByRole("table").getByRole("link").nth(index);
    const name = await link.innerText();
    await link.click();
    return name;
  }

  /** Clicks an app in the portlet; it opens in the chart's own tab. */
  async launch(app) {
    await this.#page.getByRole("region", { name: "FHIR Launch" }).getByRole("link", { name: app }).click();
  }
}
