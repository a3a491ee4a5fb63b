/** Whether two types are identical. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Only compiles if both types are identical: `same<typeof value, Expected>()`. */
export function same<A, B>(..._proof: Same<A, B> extends true ? [] : ["the types differ"]): void {}
