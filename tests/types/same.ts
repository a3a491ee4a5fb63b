/** Whether two types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles where both types are one: `same<typeof value, Expected>()`. */
export function same<A, B>(..._proof: Same<A, B> extends true ? [] : ["the types differ"]): void {}
