/** Settles the conditions of a look one after another, and keeps what is kept of each. Pure. */
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import { CONDITIONS } from '../conditions.ts'
import { type Mode, NUMBERS } from '../numbers.ts'
import type { Said } from './said.ts'
import { NOTHING_STANDS, type Standing, settle } from './settle.ts'

/** By `standingKey`: what is kept of each condition. */
export type Standings = ReadonlyMap<string, Standing>

/** Of a condition in a map: "GPUHung " of the node. */
export function standingKey({ type, entity }: ConditionKey): string {
  return `${type} ${entity}`
}

/** The condition of such a key. */
export function conditionOf(key: string): ConditionKey {
  const at = key.indexOf(' ')
  return { type: key.slice(0, at), entity: key.slice(at + 1) }
}

/** What is known of a condition. */
export function standingIn(standings: Standings, key: ConditionKey): Standing {
  return standings.get(standingKey(key)) ?? NOTHING_STANDS
}

/** Of whom something is said. */
export interface Whose {
  readonly entity: string
  readonly subject: string | undefined
}

/** Of the node as a whole. */
export const OF_NODE: Whose = { entity: '', subject: undefined }

const CONDITION_OF: ReadonlyMap<string, string> = new Map(NUMBERS.map(({ id, condition }) => [id, condition]))
const MODES: Readonly<Record<string, Mode>> = Object.fromEntries(NUMBERS.map(({ id, mode }) => [id, mode]))

/** One look's. */
export interface Settling {
  /** What is kept, of all that was said before and now. */
  readonly standings: ReadonlyMap<string, Standing>
  /** Of what was said now, in its order. */
  readonly findings: readonly Finding[]
  /** Settles one condition. What says nothing is left out. */
  say(type: string, whose: Whose, says: readonly (Said | undefined)[]): void
  /** Settles these conditions of one, each by the words that are of it. */
  sayEach(types: readonly string[], whose: Whose, says: readonly (Said | undefined)[]): void
}

/** @param modes of the configuration; what it does not name is as `numbers.ts` has it */
export function createSettling(modes: Readonly<Partial<Record<string, Mode>>>, before: Standings): Settling {
  const set = Object.fromEntries(Object.entries(modes).filter((one): one is [string, Mode] => one[1] !== undefined))
  const all = { ...MODES, ...set }
  const standings = new Map(before)
  const findings: Finding[] = []

  function say(type: string, whose: Whose, says: readonly (Said | undefined)[]): void {
    const key = { type, entity: whose.entity }
    const heard = says.filter((one) => one !== undefined)
    const healthyReason = CONDITIONS.get(type)?.healthyReason ?? type
    const about = { type, ...whose, healthyReason, modes: all }
    const { finding, standing } = settle(heard, standingIn(before, key), about)
    if (finding !== undefined) findings.push(finding)
    standings.set(standingKey(key), standing)
  }

  return {
    standings,
    findings,
    say,
    sayEach(types, whose, says) {
      const ofType = (type: string) => says.filter((one) => one !== undefined && CONDITION_OF.get(one.id) === type)
      for (const type of types) say(type, whose, ofType(type))
    },
  }
}
