/**
 * What a polled plug-in's answers name, from one answer to the next. An answer is whole: what it leaves out is not proven by
 * it, is unknown after the second that leaves it out, and no longer watched after the fourth. A condition of this protocol has
 * no entity, so that several of one type in one answer are kept apart by their place. Time is an argument.
 */
import { type ConditionKey, conditionKey, type Observation, type SourceCondition } from '#model'
import { createRate } from '#pace'

const UNKNOWN_AFTER = 2
const WITHDRAWN_AFTER = 4
/** Types that are new: as many at once, and then as many in an hour. Each costs the bus a key. */
const NEW_TYPES_MAX = 256
const NEW_TYPES_PER_HOUR = 64
/** A look that lies further back is not said again: its time would not be believed. */
const SAID_AGAIN_MS = 3_600_000
const PLACE = /^#\d+$/
const NOT_NAMED = 'NotNamed'

export interface Named {
  readonly observations: readonly Observation[]
  readonly withdrawn: readonly ConditionKey[]
  /** In words for the plug-in's author. */
  readonly violations: readonly string[]
}

export interface Naming {
  /**
   * @param known this plug-in's conditions as they are
   * @param at when, and whether somebody asked for the answer: one that is no turn says nothing by what it leaves out
   */
  take(answer: readonly Observation[], known: readonly SourceCondition[], at: Moment): Named
}

export interface Moment {
  readonly wall: Date
  readonly monoMs: number
  /** Default false. */
  readonly isAsked?: boolean
}

/** By what a reader of the answer tells them apart. */
function saysTheSame(a: Observation, b: Observation): boolean {
  return a.health === b.health && a.reason === b.reason && a.message === b.message
}

/** Several conditions of one type: apart where they differ or did so before, else one. */
function keepApart(type: string, same: readonly Observation[], wasApart: boolean, violations: string[]): Observation[] {
  const [first] = same
  if (first === undefined || (same.length === 1 && !wasApart)) return [...same]
  const isApart = wasApart || same.some((other) => !saysTheSame(other, first))
  if (same.length > 1) {
    const how = isApart ? `they are kept apart as #0 to #${same.length - 1}` : 'all say the same, and one is taken'
    violations.push(
      `an answer names ${type} ${same.length} times, and conditions of this protocol have no entity: ${how}; give each a type of its own, or speak nodedoctor.v1`,
    )
  }
  return isApart ? same.map((observation, place) => ({ ...observation, entity: `#${place}` })) : [first]
}

function groupedByType(answer: readonly Observation[]): Map<string, Observation[]> {
  const groups = new Map<string, Observation[]>()
  for (const observation of answer) {
    const group = groups.get(observation.type)
    if (group === undefined) groups.set(observation.type, [observation])
    else group.push(observation)
  }
  return groups
}

/** The same look again, by no check that ran: it proves nothing. */
function unproven({ observation, observed }: SourceCondition): Observation {
  return { ...observation, check: '', observed }
}

function notNamed(source: SourceCondition, at: Date): Observation {
  const { observation } = source
  if (observation.reason === NOT_NAMED) return unproven(source)
  return {
    ...observation,
    health: 'unknown',
    severity: 'info',
    reason: NOT_NAMED,
    message: `the monitor's answers do not name it any more; last it said: ${observation.message}`,
    summary: '',
    evidence: undefined,
    check: '',
    pending: undefined,
    observed: at,
  }
}

export function createNaming(): Naming {
  const rate = createRate(NEW_TYPES_PER_HOUR / 3600, NEW_TYPES_MAX)
  let misses = new Map<string, number>()

  /** Without types that are new beyond the budget. */
  function withinBudget(
    groups: Map<string, Observation[]>,
    known: ReadonlySet<string>,
    monoMs: number,
  ): { groups: Map<string, Observation[]>; violations: string[] } {
    const refused = new Set([...groups.keys()].filter((type) => !known.has(type) && !rate.take(monoMs)))
    if (refused.size === 0) return { groups, violations: [] }
    const kept = new Map([...groups].filter(([type]) => !refused.has(type)))
    const words = `${refused.size} new condition types in an answer were refused: after ${NEW_TYPES_MAX} at once, ${NEW_TYPES_PER_HOUR} an hour are taken`
    return { groups: kept, violations: [words] }
  }

  return {
    take(answer, known, { wall, monoMs, isAsked = false }) {
      const apart = new Set(
        known.filter(({ observation }) => PLACE.test(observation.entity)).map(({ observation }) => observation.type),
      )
      const types = new Set(known.map(({ observation }) => observation.type))
      const { groups, violations } = withinBudget(groupedByType(answer), types, monoMs)
      const observations: Observation[] = []
      for (const [type, same] of groups) observations.push(...keepApart(type, same, apart.has(type), violations))
      const named = new Set(observations.map(({ type, entity }) => conditionKey(type, entity)))
      const split = new Set(observations.filter(({ entity }) => entity !== '').map(({ type }) => type))
      const withdrawn: ConditionKey[] = []
      const missed = new Map<string, number>()
      for (const source of known) {
        const { type, entity } = source.observation
        const key = conditionKey(type, entity)
        if (named.has(key)) continue
        const before = misses.get(key) ?? 0
        if (isAsked) {
          missed.set(key, before)
          continue
        }
        const count = before + 1
        if (count >= WITHDRAWN_AFTER || (entity === '' && split.has(type))) {
          withdrawn.push({ type, entity })
          continue
        }
        missed.set(key, count)
        const isOld = wall.getTime() - source.observed.getTime() > SAID_AGAIN_MS
        observations.push(count >= UNKNOWN_AFTER || isOld ? notNamed(source, wall) : unproven(source))
      }
      misses = missed
      return { observations, withdrawn, violations }
    },
  }
}
