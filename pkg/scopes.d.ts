/** A set of scopes (SMART App Launch 2.2, scopes and launch context), in either version's words. It can be iterated. */
export class Scopes implements Iterable<string> {
  private constructor();
  /**
   * Reads scopes that stand between spaces, or one by one.
   *
   * ```js
   * const scopes = await Scopes.parse("openid patient/Observation.read");
   * scopes.covers("patient/Observation.rs"); // true
   * ```
   */
  static parse(scopes: string | Iterable<string>): Promise<Scopes>;
  /** Whether these allow all that the others do, by one scope or by several together. */
  covers(others: string | Iterable<string>): boolean;
  /** Whether something may be done with some resources of a type, in any context; by default read and search (`rs`). */
  allows(resourceType: string, permissions?: string): boolean;
  /** The fewest scopes that allow the same; those that became one are in the words of version 2. */
  reduced(): Scopes;
  /** These and others, each once. */
  union(others: string | Iterable<string>): Scopes;
  /** What each allows, in a sentence that a patient understands. */
  sentences(): { scope: string; sentence: string }[];
  /** The scopes as they were written. */
  [Symbol.iterator](): IterableIterator<string>;
  /** The scopes with spaces between them. */
  toString(): string;
  toJSON(): string;
}
