import packsJson from './packs.json' with { type: 'json' }
import type { PackRule } from './types.ts'

/** A set of rules that comes with Node Doctor. */
export interface Pack {
  readonly name: string
  readonly rules: readonly PackRule[]
}

/** All packs, by name. */
export const PACKS: readonly Pack[] = Object.entries(packsJson as Readonly<Record<string, readonly PackRule[]>>).map(
  ([name, rules]) => ({ name, rules }),
)

/** The rules of one pack; undefined: there is none of that name. */
export function packOf(name: string): readonly PackRule[] | undefined {
  return PACKS.find((pack) => pack.name === name)?.rules
}

/** Whether a rule is called so, by its own name or by another's. */
export function isCalled({ name, aliases }: PackRule, called: string): boolean {
  return name === called || aliases.includes(called)
}
