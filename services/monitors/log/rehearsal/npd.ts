/** A file of node-problem-detector held against saved lines. Pure. */
import type { CreateRehearsal, RehearsedEvent } from '#log-rules'
import { createProblemMetrics } from '#npd-words'
import type { Config } from '../checks/npd-log/config.ts'
import { createEvaluator, problemRulesOf } from '../checks/npd-log/evaluate.ts'
import { createLineFormat } from '../sources/line-format.ts'
import { createSkipList } from '../sources/skip-list.ts'
import { createGuessedLines, createLineCounter, type ReadLines, timedLines } from './lines.ts'

/** Files of syslog say their time as the file of node-problem-detector has it; other logs are read as the kernel's. */
function readerOf({ plugin, pluginConfig, compat }: Config, now: Date): ReadLines {
  if (plugin !== 'filelog') return createGuessedLines(now)
  const { timestamp = '', message = '', timestampFormat = '' } = pluginConfig
  return timedLines(createLineFormat({ timestamp, message, timestampFormat, isYearOfNow: compat.includes('B15') }), now)
}

/** Of its `lookback` and `delay` nothing counts, and nothing is over by absence: every line is looked at, at once. */
export const rehearseNpd: CreateRehearsal = ({ name: check, config: given }, now) => {
  // It has passed the schema of its check.
  const config = given as Config
  const evaluator = createEvaluator(config)
  const metrics = createProblemMetrics(problemRulesOf(config))
  const lines = createLineCounter()
  const reader = readerOf(config, now)
  const isSkipped = createSkipList(config.plugin === 'filelog' || !config.compat.includes('B11') ? config.skipList : [])
  const events: RehearsedEvent[] = []

  return {
    get isUntimed() {
      return reader.isUntimed
    },
    push(bytes) {
      const line = lines.next(bytes, (one) => (isSkipped(one) ? undefined : reader.read(one)))
      if (line === undefined) return
      const told = evaluator.push(line, line.at.getTime())
      for (const { severity, reason, message, at } of told.events) {
        metrics.happened(reason)
        events.push({ check, line: lines.count, severity, reason, message, entity: '', time: at.toISOString() })
      }
      for (const { type, reason, isTrue } of told.touched) {
        if (isTrue) metrics.set(type, reason, true)
        else metrics.ended(type)
      }
    },
    end: () => ({
      conditions: evaluator.conditions.all.map(({ type, isTrue, reason, message, since }) => ({
        ...{ check, type, entity: '', status: isTrue ? 'True' : 'False', reason, message },
        since: since?.toISOString() ?? '',
      })),
      events,
      metrics: config.metricsReporting ? metrics.samples().map((sample) => ({ ...sample, check })) : [],
    }),
  }
}
