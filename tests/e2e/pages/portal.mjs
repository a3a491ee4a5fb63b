/** The patient portal of the sandbox EHR: the log-in in two steps and the Scope confirmation page. */
export class Portal {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async logIn({ userName, password }) {
    await this.#page.getByLabel("User name").fill(userName);
    await this.#next().click();
    await this.#page.getByLabel("Password").fill(password);
    await this.#next().click();
  }

  /** Denies one kind of data. Its button turns grey. */
  async deny(kind) {
    const item = this.#page.getByRole("button", { name: kind, exact: true, pressed: true });
    await item.click();
    await this.#page.getByRole("button", { name: kind, exact: true, pressed: false }).waitFor();
  }

  async allow() {
    await this.#page.getByRole("button", { name: "Allow", exact: true }).click();
  }

  async cancel() {
    await this.#page.getByRole("button", { name: "Cancel", exact: true }).click();
  }

  #next() {
    return this.#page.getByRole("button", { name: "Next", exact: true });
  }
}
