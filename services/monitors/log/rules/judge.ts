/** What a match of a rule comes to: an event, a condition, one more of several, or nothing. Pure. */
import { hashText } from '#model'
import { cleanEntity } from '#monitor-kit/evaluate'
import type { Template } from '#pattern'
import type { LogLine } from '../sources/types.ts'
import type { Doubts } from './doubts.ts'
import { asksOfMounts, type MountMatch, type RuleMatch } from './matcher.ts'
import type { RuleMemories, RuleMemory } from './memory.ts'
import { type Driver, driverOf } from './mount-lines.ts'
import { RAISED_MAX, type RaisedTable } from './raised.ts'
import { reaches, type SeenEntity } from './seen.ts'
import type { Moment, Raised, Rule, RuleNews } from './types.ts'
import type { Unmounts } from './unmounts.ts'
import { isWithin } from './window.ts'

/** Judges matches. */
export interface Judge {
  /** A line says what the rule looks for. */
  matched(match: RuleMatch, line: LogLine, now: Moment): readonly RuleNews[]
  /** A line says that it is over. */
  cleared(match: RuleMatch): readonly RuleNews[]
  /** A line says that a file system comes or goes: what was said of the one before is over. */
  moved(match: MountMatch, line: LogLine, now: Moment): readonly RuleNews[]
}

/** What a judge knows of its rules. */
export interface JudgeOptions {
  readonly rules: readonly Rule[]
  readonly table: RaisedTable
  readonly memories: RuleMemories
  readonly doubts: Doubts
  readonly unmounts: Unmounts
}

/** Longest key of an event (libs/monitor-kit/findings.ts), less what tells rules apart. */
const LINE_KEY_MAX = 240
const NO_GROUPS: RuleMatch['groups'] = []
/** What was said so long before a file system had been mounted, or less, may be of that mount: of its journal and of its orphans. */
const MOUNTING_MS = 30_000

/** What a line ends of a rule. */
interface Ends {
  /** Of which entity; undefined: of all. */
  readonly entity: string | undefined
  readonly message: string
  /** Seen up to then, on the monotonic clock and by the times of lines. Default: whenever */
  readonly seenUntil?: { readonly monoMs: number; readonly atMs: number }
}

interface Case {
  readonly line: LogLine
  readonly match: RuleMatch
  readonly memory: RuleMemory
  readonly entity: string
  readonly seen: SeenEntity
  readonly now: Moment
  /** Who lists whether it is mounted. */
  readonly driver: Driver | undefined
  /** It is said right behind its unmount. */
  readonly isHeld: boolean
}

function keyOf({ key }: LogLine, { id }: Rule): string {
  return `${key.length > LINE_KEY_MAX ? hashText(key) : key} ${id}`
}

/** A line of before is as long ago on the clock that nobody sets, but no longer than it can be: its time may be of another clock. */
function monoOf({ at }: LogLine, { wall, monoMs, writtenSinceMs = Number.NEGATIVE_INFINITY }: Moment): number {
  return Math.max(writtenSinceMs, monoMs - Math.max(0, wall.getTime() - at.getTime()))
}

function groupsFor({ names }: Template, match: RuleMatch): RuleMatch['groups'] {
  return names.length === 0 ? NO_GROUPS : match.groups
}

function messageOf(match: RuleMatch): string {
  const { message } = match.rule
  return message === undefined ? match.text : message.render(groupsFor(message, match))
}

/** An event of a match, unless one was told just now or too many are. */
function eventOf({ line, match, memory, entity, seen, now }: Case): RuleNews | undefined {
  const { rule } = match
  const atMs = line.at.getTime()
  if (isWithin(atMs, seen.toldMs, rule.cooldownMs) || !memory.budget.take(line, now.monoMs)) return undefined
  seen.toldMs = atMs
  return { kind: 'event', rule, entity, message: messageOf(match), at: line.at, key: keyOf(line, rule) }
}

/** The condition that a match raises, or holds. */
function raisedBy(
  { line, match, memory, entity, driver, now, isHeld }: Omit<Case, 'seen'>,
  type: string,
  before: Raised | undefined,
): Raised {
  const { rule } = match
  const message = messageOf(match)
  const isRetold = before !== undefined && before.message !== message && memory.budget.take(line, now.monoMs)
  return {
    ...{ type, entity, ruleId: rule.id, reason: rule.reason, severity: rule.severity },
    message: before === undefined || isRetold ? message : before.message,
    sinceMs: before?.sinceMs ?? line.at.getTime(),
    seenMonoMs: Math.max(before?.seenMonoMs ?? Number.NEGATIVE_INFINITY, monoOf(line, now)),
    ...(driver !== undefined && { driver }),
    ...(isHeld && (before === undefined || before.isHeld === true) && { isHeld }),
  }
}

/** Whether what it says may come of unmounting. */
function comesOfUnmount({ rule, text }: RuleMatch): boolean {
  return rule.condition !== undefined && (rule.recovery.unmounted || rule.atUnmount?.test(text) === true)
}

/** Ends what a rule has raised, and its counts. */
function createOver({ table, memories, doubts }: Pick<JudgeOptions, 'table' | 'memories' | 'doubts'>) {
  return (rule: Rule, { entity, message, seenUntil }: Ends): readonly RuleNews[] => {
    const { entities } = memories.of(rule)
    const isMeant = (one: string) => entity === undefined || one === entity
    const { monoMs, atMs } = seenUntil ?? { monoMs: Number.POSITIVE_INFINITY, atMs: Number.POSITIVE_INFINITY }
    for (const [known, { lastMs }] of [...entities.entries()]) {
      if (isMeant(known) && lastMs <= atMs) entities.forget(known)
    }
    const isOver = (raised: Raised) =>
      raised.ruleId === rule.id && isMeant(raised.entity) && raised.seenMonoMs <= monoMs
    doubts.cleared(rule, entity)
    const ended = table.end(isOver, { reason: 'Recovered', message })
    return ended.map((news) => (news.kind === 'over' ? { ...news, by: rule } : news))
  }
}

export function createJudge({ rules, table, memories, doubts, unmounts }: JudgeOptions): Judge {
  const over = createOver({ table, memories, doubts })
  const endedByUnmount = rules.filter(({ recovery }) => recovery.unmounted)
  /** It is held, and comes of nothing else. */
  const isOfUnmount = ({ isHeld, ruleId }: Raised) => isHeld === true && !endedByUnmount.some(({ id }) => id === ruleId)

  function newsOf(match: RuleMatch, line: LogLine, now: Moment): RuleNews | undefined {
    const { rule } = match
    const atMs = line.at.getTime()
    const memory = memories.of(rule)
    const entity = cleanEntity(rule.entity.renderWhole(groupsFor(rule.entity, match)) ?? '')
    const raised = table.of(rule, entity)
    const hasRoom = raised !== undefined || rule.condition === undefined || table.count(rule.id) < RAISED_MAX
    const seen = hasRoom ? memory.entities.matched(entity, atMs) : undefined
    const isReached = seen !== undefined && reaches(rule, seen, atMs)
    const driver = asksOfMounts(rule) ? (driverOf(match.text) ?? raised?.driver) : undefined
    // What nobody lists could never be found to be mounted.
    const isHeld = driver !== undefined && comesOfUnmount(match) && unmounts.has(entity, atMs)
    const about = { line, match, memory, entity, driver, now, isHeld }
    // Seen is seen, also where there is no room to count it: what is raised is not over while its line still comes.
    if (raised !== undefined) return table.put(raisedBy(about, raised.type, raised))
    if (seen === undefined) memory.budget.omit(line, 'entities', now.monoMs)
    else if (isReached) {
      if (!isHeld) doubts.raised(rule)
      return rule.condition === undefined
        ? eventOf({ ...about, seen })
        : table.put(raisedBy(about, rule.condition, undefined))
    }
    return undefined
  }

  return {
    matched(match, line, now) {
      const news = newsOf(match, line, now)
      memories.noteOmitted(match.rule)
      return news === undefined ? [] : [news]
    },
    cleared(match) {
      const { rule, text } = match
      const { entity: template } = rule.recovery.clearing ?? {}
      const entity = template && cleanEntity(template.renderWhole(groupsFor(template, match)) ?? '')
      return over(rule, { entity, message: text })
    },
    moved({ word, entity, text: message }, line, now) {
      const atMs = line.at.getTime()
      if (word === 'unmounted') unmounts.unmounted(entity, atMs)
      else {
        unmounts.mounted(entity)
        table.end((raised) => isOfUnmount(raised) && raised.entity === entity, { reason: 'Recovered', message })
      }
      const seenUntil = { monoMs: monoOf(line, now) - MOUNTING_MS, atMs: atMs - MOUNTING_MS }
      return endedByUnmount.flatMap((rule) => over(rule, { entity, message, ...(word === 'mounted' && { seenUntil }) }))
    },
  }
}
