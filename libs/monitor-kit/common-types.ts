/**
 * Types that several checks of one monitor may say: of the same condition the worst of what they say is told, problem before
 * unknown before healthy. To the detector a monitor is one source, whoever of its checks speaks.
 */
import { type ConditionKey, checkKey, compareHealth, compareSeverity, conditionKey, type Observation } from '#model'
import type { Clock } from '#service'
import type { RunReport } from './findings.ts'
import type { PresentCondition } from './present.ts'
import type { Runner } from './run-check.ts'

/** So long what one check finds well waits for another that has said nothing of that type in this life. */
const WAIT_MS = 10_000

/** What is said in common. */
export interface CommonTypes {
  /**
   * What a check says, in place of whose word the worse one of another stands. To be called once its present state has it.
   */
  told(run: RunReport): RunReport
  /** What is known of all conditions, each once. */
  observations(): readonly Observation[]
  /** The same of one type, with since when. */
  conditionsOf(type: string): readonly PresentCondition[]
}

/** Of several words on one condition the place of the one that counts; of two that are as bad the first check's. */
function worstOf(words: readonly Observation[]): number {
  let worst = 0
  for (const [index, word] of words.entries()) {
    const before = words[worst] as Observation
    const isWorse = compareHealth(word.health, before.health) || compareSeverity(word.severity, before.severity)
    if (isWorse > 0) worst = index
  }
  return worst
}

/** What counts of a check's condition: a problem that may be over, but is not proven over, is one. */
function wordOf({ settled, latest }: PresentCondition): Observation {
  return settled?.health === 'problem' ? settled : latest
}

function keyOf({ type, entity }: Pick<Observation, 'type' | 'entity'>): string {
  return conditionKey(type, entity)
}

function latestOf(times: readonly (Date | undefined)[]): Date {
  return new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)))
}

/** Types that more than one of them declares, and which of those are told word by word. */
function commonOf(runners: readonly Pick<Runner, 'declared'>[]) {
  const declared = runners.flatMap((runner) => runner.declared.conditions)
  const common = declared.filter(({ type }, index) => declared.findIndex((spec) => spec.type === type) !== index)
  return {
    all: new Set(common.map(({ type }) => type)),
    // Each source of such a one says it when it begins: who has said nothing yet may be about to say that it is bad.
    verbatim: new Set(common.filter(({ verbatim }) => verbatim === true).map(({ type }) => type)),
  }
}

/** Who of those that name a type word by word has never said anything of it. */
function createSilence(runners: readonly Runner[], verbatim: ReadonlySet<string>) {
  const spoken = new Set<string>()
  return {
    broken(by: Pick<Observation, 'check' | 'type'>): void {
      spoken.add(checkKey(by.check, by.type))
    },
    /** The first of them; undefined: all have, or none has to. */
    on(type: string): string | undefined {
      if (!verbatim.has(type)) return undefined
      const silent = runners.find(
        ({ declared, instance }) =>
          declared.conditions.some((spec) => spec.type === type) && !spoken.has(checkKey(instance.name, type)),
      )
      return silent?.instance.name
    },
  }
}

/** What is known of one condition, by each check that says something of it. */
function presentOf(runners: readonly Runner[], { type, entity }: ConditionKey): PresentCondition[] {
  const key = conditionKey(type, entity)
  return runners.flatMap(({ present }) => present.conditions.get(key) ?? [])
}

/** What all say together. */
function createTogether(
  runners: readonly Runner[],
  silence: ReturnType<typeof createSilence>,
  clock: Pick<Clock, 'monotonicMs'>,
) {
  /** What waits for another check's word, since when. */
  const waiting = new Map<string, ConditionKey & { readonly sinceMs: number }>()
  /** When what was told last of each had been seen: what is told later was seen no earlier. */
  const toldAt = new Map<string, Date>()

  return {
    waiting,
    noted(one: Observation): void {
      toldAt.set(keyOf(one), one.observed ?? new Date(0))
    },
    /** Nothing where it waits, or nobody says anything. */
    of({ type, entity }: ConditionKey): readonly Observation[] {
      const words = presentOf(runners, { type, entity }).map(wordOf)
      const worst = words[worstOf(words)]
      if (worst === undefined) return []
      const key = conditionKey(type, entity)
      const silent = worst.health === 'healthy' ? silence.on(type) : undefined
      if (silent === undefined) {
        waiting.delete(key)
        return [{ ...worst, observed: latestOf([...words.map(({ observed }) => observed), toldAt.get(key)]) }]
      }
      const since = waiting.get(key) ?? { type, entity, sinceMs: clock.monotonicMs() }
      waiting.set(key, since)
      if (clock.monotonicMs() - since.sinceMs < WAIT_MS) return []
      const message = `check ${silent} has said nothing of this yet; another says: ${worst.message}`
      return [{ ...worst, health: 'unknown', reason: 'NothingSaid', message, since: undefined }]
    },
  }
}

/** Each condition once. */
function once<T extends ConditionKey>(all: readonly T[]): T[] {
  return [...new Map(all.map((one) => [keyOf(one), one])).values()]
}

export function createCommonTypes(runners: readonly Runner[], clock: Pick<Clock, 'monotonicMs'>): CommonTypes {
  const common = commonOf(runners)
  const silence = createSilence(runners, common.verbatim)
  const together = createTogether(runners, silence, clock)
  const isCommon = ({ type }: Pick<ConditionKey, 'type'>) => common.all.has(type)

  return {
    told(run) {
      const said = run.observations.filter(isCommon)
      said.forEach(silence.broken)
      const touched = once([...said, ...run.withdrawn.filter(isCommon), ...together.waiting.values()])
      if (touched.length === 0) return run
      // Whoever's word it is, this run is why it is told.
      const asked = run.observations.some((one) => one.asked) ? true : undefined
      const own = touched.flatMap(together.of).map((one) => ({ ...one, asked }))
      own.forEach(together.noted)
      const observations = [...run.observations.filter((one) => !isCommon(one)), ...own]
      const withdrawn = run.withdrawn.filter((one) => !isCommon(one) || presentOf(runners, one).length === 0)
      return { ...run, observations, withdrawn, said: undefined }
    },
    observations() {
      const all = runners.flatMap(({ present }) => present.observations())
      if (common.all.size === 0) return all
      return [...all.filter((one) => !isCommon(one)), ...once(all.filter(isCommon)).flatMap(together.of)]
    },
    conditionsOf(type) {
      const all = runners.flatMap(({ present }) =>
        [...present.conditions.values()].filter(({ latest }) => latest.type === type),
      )
      if (!isCommon({ type })) return all
      return once(all.map(({ latest: { entity } }) => ({ type, entity }))).flatMap((one) => {
        const ofOne = presentOf(runners, one)
        return ofOne[worstOf(ofOne.map(wordOf))] ?? []
      })
    },
  }
}
