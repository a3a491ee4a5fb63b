import { ehr } from "../support/servers.mjs";

/** The provider's pages of the sandbox EHR: log-in, patient list, and a chart with its FHIR Launch portlet. */
export class Chart {
  #page;
  #ehr;

  constructor(page, base = ehr) {
    this.#page = page;
    this.#ehr = base;
  }

  async logIn({ userName, password }) {
    await this.#page.goto(this.#ehr);
    await this.#page.getByLabel("User name").fill(userName);
    await this.#page.getByLabel("Password").fill(password);
    await this.#page.getByRole("button", { name: "Log in", exact: true }).click();
  }

  /** Opens the chart of the patient at `index` in the list, and returns the name that the list shows. */
  async openPatient(index) {
    const link = this.#page.getByRole("main").getByRole("table").getByRole("link").nth(index);
    const name = await link.innerText();
    await link.click();
    return name;
  }

  /** Opens the encounter at `index` in the chart's tab, which lists the newest first. */
  async openVisit(index) {
    await this.#page.getByRole("navigation", { name: "Chart" }).getByRole("link", { name: "Encounters", exact: true }).click();
    await this.#page.getByRole("main").getByRole("table").getByRole("link").nth(index).click();
    await this.#portlet().waitFor();
  }

  /** Clicks an app in the portlet. It opens in the chart's tab. */
  async launch(app) {
    await this.#portlet().getByRole("link", { name: app }).click();
  }

  /** Follows the task of the chart, which launches an app in the chart's tab. */
  async launchTask() {
    await this.#page.getByRole("region", { name: "Tasks" }).getByRole("link").click();
  }

  /** The URL that opens an app in a frame of the chart. `app` is its full name. */
  async frameUrl(app) {
    await this.#portlet().getByRole("button", { name: `Open ${app} in the chart`, exact: true }).click();
    return this.#page.locator(`iframe[title="${app}"]`).evaluate(({ src }) => src);
  }

  /** The URL of an app with its launch parameters, which a click on the app would open. */
  async launchUrl(app) {
    const href = await this.#portlet().getByRole("link", { name: app }).getAttribute("href");
    const response = await this.#page.request.get(new URL(href, this.#page.url()).href, { maxRedirects: 0 });
    return new URL(response.headers().location);
  }

  /** Opens an app in a popup, and returns the popup's page. `app` is its full name. */
  async launchInPopup(app) {
    const opened = this.#page.waitForEvent("popup");
    await this.#portlet().getByRole("button", { name: `Open ${app} in a popup`, exact: true }).click();
    return opened;
  }

  /** Opens an app in a frame of the chart, and returns the frame. `app` is its full name. */
  async launchInFrame(app) {
    await this.#portlet().getByRole("button", { name: `Open ${app} in the chart`, exact: true }).click();
    const frame = await this.#page.locator(`iframe[title="${app}"]`).elementHandle();
    return frame.contentFrame();
  }

  #portlet() {
    return this.#page.getByRole("region", { name: "FHIR Launch" });
  }
}
