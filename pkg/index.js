import { hasAuthentication, serversOf } from "./config.js";
import { dispose, disposed } from "./disposal.js";
import { EarlyDiscovery } from "./early.js";
import { SmartError } from "./errors.js";
import { page } from "./instance.js";
import { load, loadFrom, loadLazy, loadLazyFrom, loadLazySoon } from "./load.js";
import { once } from "./loading.js";
import { Session, share } from "./session.js";
import { openApp } from "./wasm/smartrust.js";

export { BackendClient, Export, Keys, Registration, Scopes, diagnose, discover, register } from "./backend.js";
export { Session, SmartError };

export async function ready(source, lazySource) {
  if (source !== undefined) loadFrom(() => source);
  if (lazySource !== undefined) {
    // Nobody waits for it before it is used.
    Promise.resolve(lazySource).catch(() => {});
    loadLazyFrom(() => lazySource);
  }
  await load();
}

export class SmartApp {
  #app;
  #config;
  #early = new EarlyDiscovery();
  #made;
  #sessions = new Map();

  constructor(config) {
    this.#config = serversOf(config);
    this.#app = once(async () => (this.#made = await make(this.#config, this.#early.take)));
  }

  /** The app with the code of what most pages never ask for. */
  async #lazyApp() {
    const [app] = await Promise.all([this.#app(), loadLazy()]);
    return app;
  }

  async resume() {
    const app = await this.#app();
    const inner = await app.call("resume");
    return inner && this.#session(inner);
  }

  async launch(options) {
    if (!this.#made) this.#early.begin(this.#config, options);
    const app = await this.#app();
    await app.call("launch", options);
    return null;
  }

  launchInPopup({ signal, ...options } = {}) {
    // Before anything is waited for: later the browser no longer sees the user's click.
    const popup = globalThis.open?.("", "", "popup,width=600,height=800") ?? undefined;
    return this.#inPopup(popup, options, signal);
  }

  async #inPopup(popup, options, signal) {
    try {
      const app = await this.#lazyApp();
      return this.#session(await app.call("launchInPopup", popup, options, signal));
    } catch (error) {
      popup?.close();
      throw error;
    }
  }

  async launchAgain(session, { scope } = {}) {
    const app = await this.#lazyApp();
    await app.call("launchAgain", share(session), scope);
    return null;
  }

  async sessions() {
    const app = await this.#lazyApp();
    return (await app.call("sessions")).map((inner) => this.#session(inner));
  }

  async sessionFromToken(token, options = {}) {
    const app = await this.#lazyApp();
    return this.#session(await app.call("sessionFromToken", String(token), options));
  }

  async authorizationUrl(options) {
    const app = await this.#app();
    return app.call("authorizationUrl", options);
  }

  /** As the platform's own objects, so that frameworks do not wrap it as if it were plain data. */
  get [Symbol.toStringTag]() {
    return "SmartApp";
  }

  [dispose]() {
    this.#app = async () => {
      throw disposed("SmartApp");
    };
    this.#made?.free();
    this.#made = undefined;
  }

  /** The same session is the same object, however often it is resumed. */
  #session(inner) {
    const known = this.#sessions.get(inner.call("id"));
    if (known?.active) return known;
    const session = new Session(inner);
    this.#sessions.set(session.id, session);
    if (session.canRefresh) loadLazySoon();
    return session;
  }
}

async function make(config, early) {
  await load();
  const isLazy = hasAuthentication(config);
  if (isLazy) await loadLazy();
  return page.guard(openApp)(config, early, isLazy);
}
