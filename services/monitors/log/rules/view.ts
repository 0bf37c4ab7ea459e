/** What a check with rules says of its conditions: those that are raised, those that are over, and those of which nothing is said. Pure. */
import { type ConditionKey, conditionKey, type Health, type Severity } from '#model'
import type { Finding } from '#monitor-kit'
import { NOT_SEEN } from './declare.ts'
import type { Doubts } from './doubts.ts'
import { EVENT_ABSENT_MS } from './seen.ts'
import type { Raised, Rule, RuleNews } from './types.ts'

/** What is over stays in view for so long. */
const OVER_MS = EVENT_ABSENT_MS
/** Of a condition that may be raised. */
const NOT_KEPT = {
  reason: 'NotKept',
  message: 'it may have been raised before: what was kept of that cannot be read',
} as const
const CLEARED = { reason: 'Cleared', message: 'a person has said that it is over' } as const

/** Something of a condition that is new. */
export type ConditionNews = Extract<RuleNews, { readonly kind: 'problem' | 'over' }>

/** What is told. */
export interface Sight {
  readonly findings: readonly Finding[]
  readonly withdrawn: readonly ConditionKey[]
}

/** What the engine knows. */
export interface Known {
  readonly problems: readonly Raised[]
  readonly doubts: Pick<Doubts, 'of'>
}

/** The conditions of a check as they are told. */
export interface ConditionsView {
  /** It is told. */
  findingOf(news: ConditionNews, known: Pick<Known, 'doubts'>, nowMonoMs: number): Finding
  /** A person's word that it is over. */
  cleared(type: string, entity: string, nowMonoMs: number): void
  /** All there is; of a type of which nothing is raised, that. `withdrawn`: what was told and is no more. */
  all(known: Known, nowMonoMs: number): Sight
  /** All there is, none of which can be known. */
  unknown(known: Known, nowMonoMs: number, words: Words): readonly Finding[]
  /** Of that, what was not told like this before. */
  news(known: Known, nowMonoMs: number): Sight
  /** It was told. */
  told(sight: Partial<Sight>): void
  /** Nothing of it counts as told. */
  forget(): void
}

type Words = Pick<Finding, 'reason' | 'message'>

interface Over {
  /** That it is well. */
  readonly finding: Finding
  /** Whether that is known. */
  readonly isProven: (doubts: Known['doubts']) => boolean
  readonly untilMonoMs: number
}

function problemOf({ type, entity, reason, message, severity, sinceMs }: Raised, own: string): Finding {
  const words = { reason, message, summary: message }
  return { type, entity: entity || own, health: 'problem', severity, ...words, since: new Date(sinceMs) }
}

function keyOf({ type, entity = '' }: Pick<Finding, 'type' | 'entity'>): string {
  return conditionKey(type, entity)
}

/** What of a finding is worth telling anew. */
function saidOf({ health, severity, reason, message }: Finding): Said {
  return { health, severity, reason, message }
}

interface Said {
  readonly health: Health
  readonly severity: Severity | undefined
  readonly reason: string
  readonly message: string
}

function isAlike(one: Said | undefined, other: Said): boolean {
  return one !== undefined && (Object.keys(other) as (keyof Said)[]).every((key) => one[key] === other[key])
}

/** Condition types, and whether any rule of each is about the check itself. */
function typesOf(rules: readonly Rule[]): ReadonlyMap<string, boolean> {
  const types = new Map<string, boolean>()
  for (const { condition, entity } of rules) {
    if (condition !== undefined) types.set(condition, types.get(condition) === true || entity.names.length === 0)
  }
  return types
}

/** What is over, for a while. */
function createOver() {
  const over = new Map<string, Over>()
  return {
    put(finding: Finding, nowMonoMs: number, isProven: Over['isProven'] = () => true): void {
      over.set(keyOf(finding), { finding, isProven, untilMonoMs: nowMonoMs + OVER_MS })
    },
    raised(finding: Finding): void {
      over.delete(keyOf(finding))
    },
    at(nowMonoMs: number, doubts: Known['doubts']): Finding[] {
      for (const [key, { untilMonoMs }] of over) if (untilMonoMs <= nowMonoMs) over.delete(key)
      return [...over.values()].map(({ finding, isProven }) => (isProven(doubts) ? finding : unknownOf(finding)))
    },
  }
}

function healthyOf(type: string, entity: string, { reason, message }: Pick<Finding, 'reason' | 'message'>): Finding {
  return { type, entity, health: 'healthy', reason, message }
}

function unknownOf({ type, entity = '' }: Pick<Finding, 'type' | 'entity'>): Finding {
  return { type, entity, health: 'unknown', ...NOT_KEPT }
}

/** @param own the entity of what names none */
export function createConditionsView(rules: readonly Rule[], own: string): ConditionsView {
  const types = typesOf(rules)
  const over = createOver()
  const told = new Map<string, { readonly key: ConditionKey; readonly said: Said }>()

  function findings({ problems, doubts }: Known, nowMonoMs: number): Map<string, Finding> {
    const raised = problems.map((problem) => problemOf(problem, own))
    for (const finding of raised) over.raised(finding)
    const seen = new Map([...over.at(nowMonoMs, doubts), ...raised].map((finding) => [keyOf(finding), finding]))
    const spoken = new Set([...seen.values()].map(({ type }) => type))
    for (const [type, isOwn] of types) {
      const quiet = doubts.of(type) ? unknownOf({ type, entity: own }) : healthyOf(type, own, NOT_SEEN)
      if ((isOwn || !spoken.has(type)) && !seen.has(keyOf(quiet))) seen.set(keyOf(quiet), quiet)
    }
    return seen
  }

  function sightOf(known: Known, nowMonoMs: number): Sight {
    const seen = findings(known, nowMonoMs)
    const withdrawn = [...told].filter(([key]) => !seen.has(key)).map(([, { key }]) => key)
    return { findings: [...seen.values()], withdrawn }
  }

  return {
    findingOf(news, { doubts }, nowMonoMs) {
      if (news.kind === 'problem') return problemOf(news.raised, own)
      const { type, by } = news
      const finding = healthyOf(type, news.entity || own, news)
      const isProven: Over['isProven'] = (doubtsThen) => !doubtsThen.of(type, by)
      over.put(finding, nowMonoMs, isProven)
      return isProven(doubts) ? finding : unknownOf(finding)
    },
    cleared(type, entity, nowMonoMs) {
      over.put(healthyOf(type, entity || own, CLEARED), nowMonoMs)
    },
    all: sightOf,
    unknown(known, nowMonoMs, words) {
      const all = [...findings(known, nowMonoMs).values()]
      return all.map(({ type, entity = '' }) => ({ type, entity, health: 'unknown', ...words }))
    },
    news(known, nowMonoMs) {
      const { findings: seen, withdrawn } = sightOf(known, nowMonoMs)
      return { findings: seen.filter((one) => !isAlike(told.get(keyOf(one))?.said, saidOf(one))), withdrawn }
    },
    told({ findings: said = [], withdrawn = [] }) {
      for (const key of withdrawn) told.delete(keyOf(key))
      for (const one of said.filter(({ type }) => types.has(type))) {
        told.set(keyOf(one), { key: { type: one.type, entity: one.entity ?? '' }, said: saidOf(one) })
      }
    },
    forget: () => told.clear(),
  }
}
