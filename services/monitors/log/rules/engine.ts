/**
 * Lines in, what rules say of them out: events and conditions, counted by entity. Pure: what it says of a line follows from the
 * lines before it, and what it has to remember of them for that is its snapshot.
 */
import type { Instant } from '#model'
import type { LogLine } from '../sources/types.ts'
import { createDoubts, type Doubts } from './doubts.ts'
import { createJudge, type Judge } from './judge.ts'
import { createLooks, type Looks } from './looks.ts'
import { createRuleMatcher, type MountMatch, type RuleMatch } from './matcher.ts'
import { createRuleMemories, type RuleMemories } from './memory.ts'
import type { AskedOfMounts, Mounted } from './mounted.ts'
import { createRaisedTable } from './raised.ts'
import type { Moment, Raised, Rule, RuleNews } from './types.ts'
import { createUnmounts, type Unmounts } from './unmounts.ts'

/** Rules at work. */
export interface RuleEngine {
  readonly rules: readonly Rule[]
  /** So many lines before a line belong to what it may match. */
  readonly linesBefore: number
  /** What is told of a line. */
  push(line: LogLine, now: Moment): readonly RuleNews[]
  /** A line that was pushed in an earlier life: others may reach over it. */
  refill(line: LogLine): void
  /** All that was written until now was pushed: what has been absent for long enough is over. */
  passed(now: Instant): readonly RuleNews[]
  /** What is mounted was read: of what is raised is over what is not mounted any more. */
  looked(mounted: Mounted, now: Instant): readonly RuleNews[]
  /** Of what it makes a difference what is mounted. */
  readonly asked: AskedOfMounts
  /** What was not told line by line, where that is to be said by now. @param nowMs on the monotonic clock; Infinity: in any case */
  settled(nowMs: number): readonly RuleNews[]
  /** Something of the log is gone: what was absent may have been in it. */
  lost(now: Instant): void
  /** A person's word that a condition is over. */
  clear(type: string, entity: string): void
  /** Conditions that are raised, by the worst that holds each. */
  readonly problems: readonly Raised[]
  readonly raised: readonly Raised[]
  /** Of an earlier life. */
  recall(raised: Raised): void
  /** What an earlier life may have raised. */
  readonly doubts: Doubts
  readonly memories: RuleMemories
  readonly unmounts: Unmounts
}

const NONE: readonly RuleNews[] = []
const ABSENT = { reason: 'NotSeenAgain', message: 'no line has said so again for as long as its rule asks' } as const

/** Who ends what an earlier life has raised: its rule, or the one that says the same in other words. */
function holderOf(rules: readonly Rule[], { ruleId, type, reason }: Raised): Rule | undefined {
  const ofType = rules.filter(({ condition }) => condition === type)
  return ofType.find(({ id }) => id === ruleId) ?? ofType.find((rule) => rule.reason === reason) ?? ofType[0]
}

/** @param matched lines that matched, by rule */
function createNewsOf(judge: Judge, looks: Looks, matched: Map<Rule, number>) {
  return (match: MountMatch | RuleMatch, line: LogLine, now: Moment): readonly RuleNews[] => {
    if ('word' in match) {
      looks.moved(match)
      return judge.moved(match, line, now)
    }
    if (match.isClearing) return judge.cleared(match)
    matched.set(match.rule, (matched.get(match.rule) ?? 0) + 1)
    return judge.matched(match, line, now)
  }
}

/**
 * @param rules as {@link compileRules} has them
 * @param matched lines that matched, by rule: counted on over the lives of an engine
 */
export function createRuleEngine(rules: readonly Rule[], matched = new Map<Rule, number>()): RuleEngine {
  const matcher = createRuleMatcher(rules)
  const table = createRaisedTable()
  const memories = createRuleMemories(rules)
  const doubts = createDoubts(rules)
  const unmounts = createUnmounts()
  const judge = createJudge({ rules, table, memories, doubts, unmounts })
  const looks = createLooks(rules, table, unmounts)
  const newsOf = createNewsOf(judge, looks, matched)
  const absentMs = new Map(rules.map(({ id, recovery }) => [id, recovery.absentMs]))
  /** Of the rest it makes a difference when its line came: what is held has its minute, and a mount ends what was said before it. */
  const isByAbsence = ({ ruleId, isHeld }: Raised) => isHeld !== true && (absentMs.get(ruleId) ?? 0) > 0

  return {
    rules,
    linesBefore: matcher.linesBefore,
    memories,
    doubts,
    unmounts,
    looked: looks.looked,
    asked: looks,
    get problems() {
      return table.worst()
    },
    get raised() {
      return table.all
    },
    push(line, now) {
      const matches = matcher.push(line)
      if (matches.length === 0 && !memories.isOmitting) return NONE
      const news: RuleNews[] = [...memories.settled(now.monoMs)]
      for (const match of matches) news.push(...newsOf(match, line, now))
      return news
    },
    refill: matcher.refill,
    passed(now) {
      const isAbsent = ({ ruleId, seenMonoMs }: Raised) => {
        const forMs = absentMs.get(ruleId) ?? 0
        return forMs > 0 && now.monoMs - seenMonoMs >= forMs
      }
      doubts.passed(now.monoMs)
      return table.end(isAbsent, ABSENT)
    },
    settled: memories.settled,
    lost(now) {
      doubts.lost(now.monoMs)
      unmounts.forget()
      for (const raised of table.all) if (isByAbsence(raised)) table.put({ ...raised, seenMonoMs: now.monoMs })
    },
    clear(type, entity) {
      doubts.said(type, entity)
      for (const rule of rules) if (rule.condition === type) memories.of(rule).entities.forget(entity)
      table.end((raised) => raised.type === type && raised.entity === entity, ABSENT)
    },
    recall(raised) {
      const holder = holderOf(rules, raised)
      if (holder !== undefined) table.put({ ...raised, ruleId: holder.id })
    },
  }
}
