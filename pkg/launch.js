import { withRedirectUris } from "./config.js";
import { dispose, disposed } from "./disposal.js";
import { EarlyDiscovery } from "./early.js";
import { SmartError } from "./errors.js";
import { load, loadFrom } from "./load-launch.js";
import { once } from "./loading.js";

export { SmartError };

export async function ready(source) {
  if (source !== undefined) loadFrom(() => source);
  await load();
}

export class SmartApp {
  #page;
  #config;
  #early = new EarlyDiscovery();
  #instance;

  constructor(config) {
    this.#config = withRedirectUris(config);
    this.#page = once(async () => {
      const { LaunchPage } = await load();
      return (this.#instance = new LaunchPage(this.#config, this.#early.take));
    });
  }

  async launch(options) {
    if (!this.#instance) this.#early.start(this.#config, options);
    const page = await this.#page();
    prefetch(new URL("./wasm/smartrust_bg.wasm", import.meta.url));
    await page.launch(options);
    return null;
  }

  async authorizationUrl(options) {
    return (await this.#page()).authorizationUrl(options);
  }

  /** Like the platform's own objects, so that frameworks do not wrap it as plain data. */
  get [Symbol.toStringTag]() {
    return "SmartApp";
  }

  [dispose]() {
    this.#page = async () => {
      throw disposed("SmartApp");
    };
    this.#instance?.free();
    this.#instance = undefined;
  }
}

/** Lets the browser fetch a file for the next page when it is idle. */
function prefetch(url) {
  const { document } = globalThis;
  document?.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", as: "fetch", crossOrigin: "anonymous", href: url }));
}
