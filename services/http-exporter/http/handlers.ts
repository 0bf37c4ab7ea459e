/** Every answer there is, by the name that `exporters.http.endpoints[].handler` uses. */

import { HANDLERS } from '#config'
import { type Clock, METRICS_TYPE, type Readiness } from '#service'
import { type EventView, type HistoryEntry, type HistoryView, type NodeView, renderPlainText, wordsToText } from '#view'
import type { SeriesUses } from '../history/query-series.ts'
import { parseRange, RANGES, type Range } from '../history/ranges.ts'
import { type Answer, type Handler, json, text, wantsHtml } from './answer.ts'
import { answerHealth } from './health.ts'
import type { Page } from './page-files.ts'

export interface HandlerSources {
  readonly clock: Clock
  readonly view: () => NodeView
  readonly uses: () => SeriesUses
  /** Newest first. */
  readonly events: (limit: number) => readonly EventView[]
  /** What was repaired and refused, the last first. */
  readonly repairs: (limit: number) => readonly HistoryEntry[]
  readonly history: (range: Range, uses: SeriesUses) => Promise<HistoryView>
  readonly metrics: () => Promise<Pick<Answer, 'body' | 'packed'>>
  readonly readiness: () => Readiness
  /** What a ready exporter has not heard yet; "" once all have spoken. */
  readonly awaited: () => string
  readonly page: Page | undefined
}

/** Where each is served when the configuration says nothing else. `/stream` is no answer and has its own route. */
export const { stream: STREAM_PATH, ...DEFAULT_PATHS } = HANDLERS

export type AnswerName = keyof typeof DEFAULT_PATHS

/** An answer to the same question within this is the same answer. */
const HISTORY_REUSED_MS = 1000
const METRICS_REUSED_MS = 1000
const EVENTS_DEFAULT = 100
const EVENTS_MAX = 1000

/** Undefined: no number that makes sense. */
function limitOf(value: unknown): number | undefined {
  if (value === undefined) return EVENTS_DEFAULT
  const limit = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0
  return limit > 0 ? Math.min(limit, EVENTS_MAX) : undefined
}

function createHistoryHandler({ history, uses, clock }: HandlerSources): Handler {
  const known = new Map<Range, { readonly atMs: number; readonly answer: Promise<Answer> }>()
  return ({ query }) => {
    const asked = query['range'] ?? '1h'
    const range = typeof asked === 'string' ? parseRange(asked) : undefined
    if (range === undefined) {
      const ranges = Object.keys(RANGES)
      return json({ error: `no such range; one of ${ranges.join(', ')}`, ranges }, 400)
    }
    const before = known.get(range)
    if (before !== undefined && clock.monotonicMs() - before.atMs < HISTORY_REUSED_MS) return before.answer
    const answer = history(range, uses()).then((view) => json(view))
    known.set(range, { atMs: clock.monotonicMs(), answer })
    answer.catch(() => known.delete(range))
    return answer
  }
}

/** One text at a time, given again for a moment, whoever asks and at whichever port. */
function createMetricsHandler({ metrics, clock }: HandlerSources): Handler {
  let last: Promise<Answer> | undefined
  function drop(): void {
    last = undefined
  }
  return () => {
    if (last !== undefined) return last
    const answer = metrics().then((written) => ({ status: 200, type: METRICS_TYPE, ...written }))
    last = answer
    // It is large: kept no longer than it is given.
    answer.then(() => clock.after(METRICS_REUSED_MS, drop), drop)
    return answer
  }
}

function createPageHandler({ view, clock, page }: HandlerSources): Handler {
  return ({ accept }) => {
    const headers = { vary: 'accept' }
    if (!wantsHtml(accept)) return { ...text(renderPlainText(view(), clock.now())), headers }
    if (page === undefined) {
      const why = 'The page is not part of this build; "make build" makes it. This is what it would show.\n\n'
      return { ...text(why + renderPlainText(view(), clock.now())), headers }
    }
    return {
      status: 200,
      type: page.index.type,
      body: page.index.body,
      headers: { ...headers, 'content-security-policy': page.policy },
    }
  }
}

export function createHandlers(sources: HandlerSources): Record<AnswerName, Handler> {
  const { clock, view, events, repairs, readiness, awaited } = sources
  const startedMs = clock.monotonicMs()
  return {
    page: createPageHandler(sources),
    'overall-health': () => {
      const now = view()
      return answerHealth(now, wordsToText(now.verdict.sentence, clock.now()))
    },
    liveness: () => json({ status: 'alive', uptimeSeconds: Math.round((clock.monotonicMs() - startedMs) / 1000) }),
    readiness: () => {
      const { ready, reason } = readiness()
      if (!ready) return json({ ready, reason }, 503)
      const waiting = awaited()
      return json(waiting === '' ? { ready } : { ready, awaited: waiting })
    },
    'detailed-status': () => json(view()),
    conditions: () => {
      const { at, detector, conditions } = view()
      return json({ at, detector, conditions })
    },
    events: ({ query }) => {
      const limit = limitOf(query['limit'])
      return limit === undefined
        ? json({ error: `limit is a whole number from 1 to ${EVENTS_MAX}` }, 400)
        : json({ events: events(limit) })
    },
    history: createHistoryHandler(sources),
    'prometheus-metrics': createMetricsHandler(sources),
    'remediation-history': ({ query }) => {
      const limit = limitOf(query['limit'])
      if (limit === undefined) return json({ error: `limit is a whole number from 1 to ${EVENTS_MAX}` }, 400)
      const history = repairs(limit)
      return json({ count: history.length, limit, history, ...view().remediation })
    },
  }
}
