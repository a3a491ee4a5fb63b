import type { LaunchOptions, SmartAppConfig, WasmSource } from "./config.js";

export type * from "./config.js";
export { SmartError } from "./errors.js";

/**
 * Loads the WebAssembly before the first call, which otherwise loads it. `source` says where the file is, if it is not beside this
 * package's other files: see `smartrust/launch/wasm`. Rejects with `wasm_unavailable`.
 *
 * ```js
 * import { ready } from "smartrust/launch";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/**
 * The app on a launch page of its own, with half the bytes of `smartrust`: it leaves for the authorization server, and the page of
 * the redirect URI, which imports `smartrust` with the same configuration, completes the launch by `resume()`.
 *
 * ```js
 * import { SmartApp } from "smartrust/launch";
 * await new SmartApp({ clientId: "my-app", scope: "launch patient/*.rs", redirectUri: "./app.html", trustedIssuers: [fhirBase] }).launch();
 * ```
 */
export class SmartApp {
  /** `redirectUri` is the page that completes the launch. A mistake rejects the first call, with the code `invalid_configuration`. */
  constructor(config: SmartAppConfig);
  /**
   * Leaves the page for the authorization server: as the EHR's launch link in the page's URL says, otherwise for a standalone
   * launch. Resolves with `null`. While it waits, the browser fetches the WebAssembly of `smartrust` for the page that comes next.
   */
  launch(options?: LaunchOptions): Promise<null>;
  /** Prepares a launch and returns the URL to send the user to, for an app that navigates by itself. */
  authorizationUrl(options?: LaunchOptions): Promise<string>;
  /** Frees what the app holds in WebAssembly: `using app = new SmartApp(…)`. */
  [Symbol.dispose](): void;
}
