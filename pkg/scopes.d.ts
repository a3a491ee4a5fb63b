/** A set of scopes (SMART App Launch 2.2, scopes and launch context), in the syntax of version 1 or 2. It is iterable. */
export class Scopes implements Iterable<string> {
  private constructor();
  /**
   * Parses scopes: a string separated by spaces, or an iterable.
   *
   * ```js
   * const scopes = await Scopes.parse("openid patient/Observation.read");
   * scopes.covers("patient/Observation.rs"); // true
   * ```
   */
  static parse(scopes: string | Iterable<string>): Promise<Scopes>;
  /** Whether these scopes allow everything that the others allow, by one scope or several together. */
  covers(others: string | Iterable<string>): boolean;
  /** Whether these scopes allow permissions on some resources of a type, in any context. The default is read and search (`rs`). */
  allows(resourceType: string, permissions?: string): boolean;
  /** The smallest set of scopes that allows the same. Merged scopes use the syntax of version 2. */
  reduced(): Scopes;
  /** The union of these and other scopes. */
  union(others: string | Iterable<string>): Scopes;
  /** A plain-language sentence for each scope, for patients. */
  sentences(): { scope: string; sentence: string }[];
  /** The scopes as written. */
  [Symbol.iterator](): IterableIterator<string>;
  /** The scopes, separated by spaces. */
  toString(): string;
  toJSON(): string;
}
