import { dispose } from "../disposal.js";
import { checkNames, smartError } from "./errors.js";

export function fakeApp(options = {}) {
  checkNames("fakeApp", options, ["session", "errors"]);
  return new FakeApp(options);
}

class FakeApp {
  calls = [];
  #session;
  #errors;

  constructor({ session = null, errors = {} }) {
    this.#session = session;
    this.#errors = errors;
  }

  get [Symbol.toStringTag]() {
    return "SmartApp";
  }

  /** Records a call, and rejects if the test wants that. */
  async #call(method, ...values) {
    this.calls.push([method, ...values]);
    const error = this.#errors[method];
    if (error) throw error;
  }

  get #active() {
    return this.#session?.active ? this.#session : null;
  }

  async resume() {
    await this.#call("resume");
    return this.#active;
  }

  async launch(options) {
    await this.#call("launch", options);
    return null;
  }

  async launchInPopup(options) {
    await this.#call("launchInPopup", options);
    return this.#new();
  }

  async launchAgain(session, options) {
    await this.#call("launchAgain", session, options);
    return null;
  }

  async sessions() {
    await this.#call("sessions");
    return [this.#active].filter(Boolean);
  }

  async sessionFromToken(token, options) {
    await this.#call("sessionFromToken", token, options);
    return this.#new();
  }

  async authorizationUrl(options) {
    await this.#call("authorizationUrl", options);
    return "https://ehr.test/authorize";
  }

  /** The session of a new launch. */
  #new() {
    if (this.#session) return this.#session;
    throw smartError("unscripted_request", { message: "fakeApp has no session to return: pass it as session, or an error as errors." });
  }

  [dispose]() {}
}
