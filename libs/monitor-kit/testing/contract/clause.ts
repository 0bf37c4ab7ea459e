/** One sentence of the contract, and how what breaks it is found. */

/** Texts that say what is wrong; empty where the sentence holds. */
export type Faults = readonly string[] | Promise<readonly string[]>

/** A sentence about a subject: a monitor, or one check of it. */
export interface Clause<Subject> {
  /** "healthy input is never a problem, nor unknown" */
  readonly name: string
  faults(subject: Subject): Faults
}

/** Names that stand more than once. */
export function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

/** Faults of several things, each with the name of what it is about before it. */
export async function faultsOf(names: readonly string[], faults: (name: string) => Faults): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of names) found.push(...(await faults(name)).map((text) => `${name}: ${text}`))
  return found
}
