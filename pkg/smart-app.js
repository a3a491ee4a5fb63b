import { withRedirectUris } from "./config.js";
import { Connection } from "./connection.js";
import { dispose, disposed } from "./disposal.js";
import { EarlyDiscovery } from "./early.js";
import { once } from "./loading.js";
import { share } from "./session.js";

/** Returns the class `SmartApp` for the WebAssembly that `load` returns and for a class of sessions. */
export const smartApp = (load, Session) =>
  class SmartApp {
    #app;
    #config;
    #early = new EarlyDiscovery();
    #instance;
    #sessions = new Map();

    constructor(config) {
      this.#config = withRedirectUris(config);
      this.#app = once(async () => {
        const { App } = await load();
        return (this.#instance = new App(this.#config, this.#early.take));
      });
    }

    async resume() {
      const app = await this.#app();
      const inner = await app.resume();
      return inner && this.#session(inner);
    }

    async launch(options) {
      if (!this.#instance) this.#early.start(this.#config, options);
      const app = await this.#app();
      await app.launch(options);
      return null;
    }

    launchInPopup({ signal, ...options } = {}) {
      // Before the first await, because later the browser no longer attributes it to the user's click.
      const popup = globalThis.open?.("", "", "popup,width=600,height=800") ?? undefined;
      return this.#inPopup(popup, options, signal);
    }

    async #inPopup(popup, options, signal) {
      try {
        const app = await this.#app();
        return this.#session(await app.launchInPopup(popup, options, signal));
      } catch (error) {
        popup?.close();
        throw error;
      }
    }

    async launchAgain(session, options) {
      const app = await this.#app();
      await app.launchAgain(share(session), options);
      return null;
    }

    async sessions() {
      const app = await this.#app();
      return (await app.sessions()).map((inner) => this.#session(inner));
    }

    async connections() {
      const app = await this.#app();
      return (await app.connections()).map((inner) => new Connection(inner, (opened) => this.#session(opened)));
    }

    async sessionFromToken(token, options = {}) {
      const app = await this.#app();
      return this.#session(await app.sessionFromToken(String(token), options));
    }

    async authorizationUrl(options) {
      const app = await this.#app();
      return app.authorizationUrl(options);
    }

    /** Like the platform's own objects, so that frameworks do not wrap it as plain data. */
    get [Symbol.toStringTag]() {
      return "SmartApp";
    }

    [dispose]() {
      this.#app = async () => {
        throw disposed("SmartApp");
      };
      this.#instance?.free();
      this.#instance = undefined;
    }

    /** Returns the same object for the same session. */
    #session(inner) {
      for (const [id, { active }] of this.#sessions) if (!active) this.#sessions.delete(id);
      const known = this.#sessions.get(inner.id);
      if (known) return known;
      const session = new Session(inner);
      this.#sessions.set(session.id, session);
      return session;
    }
  };
