import { dispose } from "../disposal.js";
import { checkNames, smartError } from "./errors.js";
import { FakeConnection } from "./fake-connection.js";

export function fakeApp(options = {}) {
  checkNames("fakeApp", options, ["session", "connections", "errors"]);
  return new FakeApp(options);
}

class FakeApp {
  calls = [];
  #session;
  #connections;
  #errors;

  constructor({ session = null, connections = [], errors = {} }) {
    this.#session = session;
    this.#errors = errors;
    const open = async ({ id }) => {
      await this.#call("open", id);
      return this.#new();
    };
    const disconnect = async (connection) => {
      await this.#call("disconnect", connection.id);
      this.#connections = this.#connections.filter((other) => other !== connection);
      return { revocation: "revoked", deletion: "deleted" };
    };
    this.#connections = connections.map((options) => new FakeConnection(options, open, disconnect));
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

  async connections() {
    await this.#call("connections");
    return [...this.#connections];
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
