/** Rules of one's own and packs held against saved lines. Pure. */
import type { CreateRehearsal, RehearsedCondition, RehearsedEvent } from '#log-rules'
import type { Instant } from '#model'
import type { Config as FileConfig } from '../checks/log-file/config.ts'
import { createFileFormat } from '../checks/log-file/format.ts'
import { MATCHES_METRIC } from '../rules/declare.ts'
import { createRuleEngine } from '../rules/engine.ts'
import { happeningOf } from '../rules/events.ts'
import { type RuleKeys, rulesOfKeys } from '../rules/sources.ts'
import type { Rule, RuleNews } from '../rules/types.ts'
import { createGuessedLines, createLineCounter, type ReadLines, timedLines } from './lines.ts'

/** Of whatever check has rules; of one that follows a file also how a line says its time. */
type RulesConfig = Partial<RuleKeys & Pick<FileConfig, 'timestamp' | 'timestampFormat'>>

/** The keys of a check whose schema it has passed, with what is left out. */
function keysOf(given: unknown) {
  const { rules = [], packs = [], disable = [], timestamp = '', timestampFormat = '' } = given as RulesConfig
  return { rules, packs, disable, timestamp, timestampFormat } satisfies Required<RulesConfig>
}

/** A check of a file is given its lines whole. */
function readerOf(type: string, { timestamp, timestampFormat }: Required<RulesConfig>, now: Date): ReadLines {
  if (timestamp === '') return createGuessedLines(now, { isWhole: type === 'log-file' })
  return timedLines(createFileFormat({ timestamp, timestampFormat }), now)
}

function instantAt(at: Date): Instant {
  return { wall: at, monoMs: at.getTime() }
}

/** Time passes by the lines: what no line has said again for long enough is over when the next one comes. */
export const rehearseRules: CreateRehearsal = ({ name: check, type, config: given }, now) => {
  const keys = keysOf(given)
  const rules = rulesOfKeys(keys)
  const matched = new Map<Rule, number>()
  const engine = createRuleEngine(rules, matched)
  const lines = createLineCounter()
  const reader = readerOf(type, keys, now)
  const conditions = new Map<string, RehearsedCondition>()
  const events: RehearsedEvent[] = []

  function took(news: RuleNews, at: Date): void {
    const since = at.toISOString()
    if (news.kind === 'problem') {
      const { type, entity, reason, message, sinceMs } = news.raised
      const began = new Date(sinceMs).toISOString()
      conditions.set(`${type} ${entity}`, { check, type, entity, status: 'True', reason, message, since: began })
    } else if (news.kind === 'over') {
      const { type, entity, reason, message } = news
      conditions.set(`${type} ${entity}`, { check, type, entity, status: 'False', reason, message, since })
    } else {
      const { severity, reason, message, entity = '', at: time = at } = happeningOf(news, '')
      events.push({ check, line: lines.count, severity, reason, message, entity, time: time.toISOString() })
    }
  }

  return {
    get isUntimed() {
      return reader.isUntimed
    },
    push(bytes) {
      const line = lines.next(bytes, (one) => reader.read(one))
      if (line === undefined) return
      const at = instantAt(line.at)
      for (const news of [...engine.passed(at), ...engine.push(line, at)]) took(news, line.at)
    },
    end() {
      for (const news of engine.settled(Number.POSITIVE_INFINITY)) if (news.kind === 'omitted') took(news, news.at)
      const metrics = [...matched].map(([{ name: rule }, value]) => ({
        ...{ check, name: MATCHES_METRIC },
        labels: { check, rule },
        value,
      }))
      return { conditions: [...conditions.values()], events, metrics }
    },
  }
}
