/// <reference lib="esnext.disposable" />
import type { LaunchOptions, SmartAppConfig, WasmSource } from "./config.js";

export type * from "./config.js";
export { SmartError, type SmartErrorCode } from "./errors.js";

/**
 * Loads the WebAssembly. Without it, the first call loads it. `source` is the file's URL or content, if the file is not in the package's
 * folder: see `smartrust/launch/wasm`. Rejects with `wasm_unavailable`, `wasm_blocked` or `wasm_unsupported`.
 *
 * ```js
 * import { ready } from "smartrust/launch";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/**
 * The app on a separate launch page, with half the bytes of `smartrust`. It navigates to the authorization server. The page at the
 * redirect URI imports `smartrust`, has the same configuration, and completes the launch with `resume()`.
 *
 * ```js
 * import { SmartApp } from "smartrust/launch";
 * await new SmartApp({ clientId: "my-app", scope: "launch patient/*.rs", redirectUri: "./app.html", trustedIssuers: [fhirBase] }).launch();
 * ```
 */
export class SmartApp {
  /** `redirectUri` is the page that completes the launch. If the configuration is invalid, the first call rejects with `invalid_configuration`. */
  constructor(config: SmartAppConfig);
  /**
   * Navigates to the authorization server: for the EHR's launch link in the page's URL, or otherwise for a standalone launch. Resolves
   * with `null`. In the meantime, the browser prefetches the WebAssembly of `smartrust` for the next page.
   */
  launch(options?: Omit<LaunchOptions, "keep">): Promise<null>;
  /** Prepares a launch and returns the URL to send the user to, for an app that navigates by itself. */
  authorizationUrl(options?: Omit<LaunchOptions, "keep">): Promise<string>;
  /** Frees the app's WebAssembly memory: `using app = new SmartApp(…)`. */
  [Symbol.dispose](): void;
}
