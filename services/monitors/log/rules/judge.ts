/** What a match of a rule comes to: an event, a condition, one more of several, or nothing. Pure. */
import { hashText } from '#model'
import { cleanEntity } from '#monitor-kit/evaluate'
import type { Template } from '#pattern'
import type { LogLine } from '../sources/types.ts'
import type { Doubts } from './doubts.ts'
import type { RuleMatch } from './matcher.ts'
import type { RuleMemories, RuleMemory } from './memory.ts'
import { RAISED_MAX, type RaisedTable } from './raised.ts'
import { reaches, type SeenEntity } from './seen.ts'
import type { Moment, Raised, Rule, RuleNews } from './types.ts'
import { isWithin } from './window.ts'

/** Judges matches. */
export interface Judge {
  /** A line says what the rule looks for. */
  matched(match: RuleMatch, line: LogLine, now: Moment): readonly RuleNews[]
  /** A line says that it is over. */
  cleared(match: RuleMatch): readonly RuleNews[]
}

/** Longest key of an event (libs/monitor-kit/findings.ts), less what tells rules apart. */
const LINE_KEY_MAX = 240
const NO_GROUPS: RuleMatch['groups'] = []

interface Case {
  readonly line: LogLine
  readonly match: RuleMatch
  readonly memory: RuleMemory
  readonly entity: string
  readonly seen: SeenEntity
  readonly now: Moment
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
  { line, match, memory, entity, now }: Omit<Case, 'seen'>,
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
  }
}

export function createJudge(table: RaisedTable, memories: RuleMemories, doubts: Doubts): Judge {
  function newsOf(match: RuleMatch, line: LogLine, now: Moment): RuleNews | undefined {
    const { rule } = match
    const atMs = line.at.getTime()
    const memory = memories.of(rule)
    const entity = cleanEntity(rule.entity.renderWhole(groupsFor(rule.entity, match)) ?? '')
    const raised = table.of(rule, entity)
    const hasRoom = raised !== undefined || rule.condition === undefined || table.count(rule.id) < RAISED_MAX
    const seen = hasRoom ? memory.entities.matched(entity, atMs) : undefined
    const isReached = seen !== undefined && reaches(rule, seen, atMs)
    // Seen is seen, also where there is no room to count it: what is raised is not over while its line still comes.
    if (raised !== undefined) return table.put(raisedBy({ line, match, memory, entity, now }, raised.type, raised))
    if (seen === undefined) memory.budget.omit(line, 'entities', now.monoMs)
    else if (isReached) {
      const about: Case = { line, match, memory, entity, seen, now }
      doubts.raised(rule)
      return rule.condition === undefined ? eventOf(about) : table.put(raisedBy(about, rule.condition, undefined))
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
      const { entities } = memories.of(rule)
      for (const [known] of [...entities.entries()])
        if (entity === undefined || known === entity) entities.forget(known)
      const isIts = (raised: Raised) => raised.ruleId === rule.id && (entity === undefined || raised.entity === entity)
      doubts.cleared(rule, entity)
      const over = table.end(isIts, { reason: 'Recovered', message: text })
      return over.map((news) => (news.kind === 'over' ? { ...news, by: rule } : news))
    },
  }
}
