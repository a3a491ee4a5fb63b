/**
 * Directories of FHIR servers: a user finds a clinic by name and place. It has its own WebAssembly file, which the first call loads.
 * `smartrust/directory/inline` exports the same.
 *
 * @module smartrust/directory
 */

/// <reference lib="esnext.disposable" />
import type { WasmSource } from "./config.js";
import type { Resource } from "./resources.js";

export { SmartError, type SmartErrorCode } from "./errors.js";

/**
 * Loads the WebAssembly for directories. Without it, the first call loads it. `source` is the file's URL or content, if the file is not in the
 * package's folder: see `smartrust/directory/wasm`. Rejects with `wasm_unavailable`.
 *
 * ```js
 * import { ready } from "smartrust/directory";
 * await ready();
 * ```
 */
export function ready(source?: WasmSource): Promise<void>;

/** Options of `Directory.open()`. */
export interface DirectoryOptions {
  /**
   * Versions of FHIR before R4 that the app supports, by their beginning, such as `"3.0"` for STU3. Endpoints that only have other
   * versions before R4 are left out.
   */
  olderVersions?: string[];
  /** Aborts the request. */
  signal?: AbortSignal;
}

/** Options of `search()`. */
export interface DirectorySearchOptions {
  /** The maximum number of matches. The default is 20. */
  limit?: number;
}

/** The outcome of a search. */
export interface DirectorySearch {
  /** The number of all brands that match. If it is larger than the number of `matches`, let the user type more, such as the city. */
  total: number;
  /** The best matches. */
  matches: DirectoryMatch[];
}

/** A brand that a search found. */
export interface DirectoryMatch {
  /** The brand. */
  brand: DirectoryBrand;
  /** The best of its places that have all the words, or `null`. */
  place: DirectoryPlace | null;
  /** How many of its places have all the words, and how many it has: "matched 3 of 41 places". */
  matched: { count: number; of: number };
}

/** An organization as users know it (SMART App Launch 2.2, User-Access Brands). */
export interface DirectoryBrand {
  /** Its name. */
  name: string;
  /** Its other names. */
  aliases: string[];
  /** Its website for the public. */
  website?: string;
  /** Its own places. */
  places: DirectoryAddress[];
  /** The ways to connect: offer one button for each. */
  portals: DirectoryPortal[];
  /** The list that it is from. */
  source?: DirectorySource;
}

/** A portal of a brand, or a connection without the name of one. */
export interface DirectoryPortal {
  /** Its name for users, such as `Patient Gateway`. */
  name?: string;
  /** For whom it is, as plain text. */
  description?: string;
  /** Its website. */
  url?: string;
  /** Its FHIR servers: R4 first. */
  endpoints: DirectoryEndpoint[];
}

/** A FHIR server in a directory. */
export interface DirectoryEndpoint {
  /** The FHIR base. Connect to it only with the client id that is registered there. */
  fhirBase: string;
  /** The FHIR versions that it lists, such as `4.0.1`. */
  fhirVersions: string[];
  /** Its name in the directory, which is seldom meant for users. */
  name?: string;
}

/** A place that a search found. */
export interface DirectoryPlace {
  /** The name of the place; the brand's if it has none of its own. */
  name: string;
  /** Whether it is a brand of its own on the same server, and not a part of the brand. Then show its name in place of the brand's. */
  isBrand: boolean;
  /** Where it is. */
  address: DirectoryAddress;
}

/** An address without its street. What is not known is an empty string. */
export interface DirectoryAddress {
  /** The city. */
  city: string;
  /** The state, mostly a code of two letters. */
  state: string;
  /** The postal code. */
  postalCode: string;
}

/** Where entries of a directory come from. */
export interface DirectorySource {
  /** Its name. */
  name: string;
  /** When it was made, in ISO 8601. */
  date?: string;
}

/** What a directory has. */
export interface DirectoryDescription {
  /** Where its entries come from. */
  sources: DirectorySource[];
  /** The number of brands. */
  brands: number;
  /** The number of facilities: places that connect through the endpoints of a brand. */
  facilities: number;
  /** What was left out, by reason, and lists older than 30 days (`directory_stale`). */
  findings: { code: string; message: string; section: string }[];
}

/** The brands that a server itself names. */
export interface ServerBrands {
  /** The brands, or `null` if the server names no Bundle, or its URL cannot be used. */
  directory: Directory | null;
  /** The server's own brand, or `null` if it does not say which it is. Nothing is guessed. */
  brand: DirectoryBrand | null;
  /** Deviations from the standard. */
  findings: { code: string; message: string; section: string }[];
}

/**
 * A list of FHIR servers: a Bundle of brands and endpoints, as vendors and servers publish it, or a list that
 * `cargo xtask directory` made of such Bundles.
 *
 * ```js
 * import { Directory } from "smartrust/directory";
 *
 * const directory = await Directory.open("/directory/directory.json");
 * const { total, matches } = directory.search("mercy springfield");
 * for (const { brand, matched } of matches) console.log(brand.name, `matched ${matched.count} of ${matched.of} places`);
 * console.log(total, "in all");
 * ```
 */
export class Directory implements Disposable {
  private constructor();

  /**
   * Fetches a directory by its URL, without a token, or reads Bundles that you have. Of a list with facilities, only the brands are
   * fetched: see `loadFacilities()`.
   *
   * Rejects with `directory_unreachable`, `directory_invalid`, `directory_too_large` for a Bundle of more than 8 MB at a URL, and `aborted`.
   */
  static open(source: string | URL | Resource | Resource[], options?: DirectoryOptions): Promise<Directory>;

  /**
   * Fetches the brands that the server at a FHIR base names in its SMART configuration (`user_access_brand_bundle`), without a token, and finds the
   * server's own brand among them (`user_access_brand_identifier`).
   *
   * ```js
   * import { Directory } from "smartrust/directory";
   *
   * const { brand } = await Directory.ofServer("https://ehr.example/fhir");
   * console.log(brand?.name ?? "The server does not say which brand it is.");
   * ```
   *
   * Rejects with `invalid_url`, with `directory_unreachable` if the SMART configuration or the Bundle cannot be fetched, and like `open()`.
   */
  static ofServer(fhirBase: string | URL, options?: DirectoryOptions): Promise<ServerBrands>;

  /**
   * Searches the brands and facilities on the device; nothing is sent. A match has all the words, each in a name, a city, a state, the beginning of a
   * postal code, a portal's name or a host. Case, accents and punctuation do not matter.
   */
  search(text: string, options?: DirectorySearchOptions): DirectorySearch;

  /** Returns the brand with this FHIR base, or with a portal on the same host, or `null`. Throws `invalid_url`. */
  findByUrl(url: string | URL): DirectoryBrand | null;

  /**
   * Fetches the facilities of a list. Without them, searches find brands only. Rejects like `open()`; then the brands can still be searched, and you can
   * call this again.
   */
  loadFacilities(options?: { signal?: AbortSignal }): Promise<void>;

  /** Fetches the directory again, and returns whether it has changed. If this rejects, the directory remains as it was. */
  refresh(options?: { signal?: AbortSignal }): Promise<boolean>;

  /** Returns what the directory has, and what was left out. */
  describe(): DirectoryDescription;

  /** Frees the memory. Later calls throw `disposed`. */
  [Symbol.dispose](): void;
}
