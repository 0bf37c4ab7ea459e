/** Facts of the bus to one exporter: its own durable of each stream, a fact acknowledged once it was taken. */
import type { BusReader } from '#bus'
import type { Problem, Severity } from '#model'
import { compareSeverity } from '#model'
import type { Clock, Logger } from '#service'
import { fromProtoEvent, fromProtoProblem } from '#wire'
import { eventContent, missedContent } from '../told/event.ts'
import { problemStep } from '../told/problem.ts'
import { type KeptFile, noteStep } from './kept.ts'
import type { Lane } from './lane.ts'
import type { Unread } from './unread.ts'

export interface FactsOptions {
  readonly name: string
  readonly minSeverity: Severity
  readonly lane: Lane
  readonly keptFile: KeptFile
  readonly reader: BusReader
  readonly unread: Unread
  readonly clock: Clock
  readonly log: Logger
  readonly onMissed: (count: number) => void
  /** Something new came from the bus. */
  readonly onNews: () => void
  readonly signal: AbortSignal
}

async function tellProblem({ lane, keptFile, minSeverity }: FactsOptions, problem: Problem, at: Date): Promise<void> {
  const { kept } = keptFile
  const { content, told } = problemStep(problem, kept.steps.get(problem.fingerprint), minSeverity)
  if (content === undefined || told === undefined) return
  await lane.tell('PROBLEMS', { ...content, at })
  noteStep(kept, problem.fingerprint, told)
  await keptFile.save()
}

function createGap({ lane, clock, log, name, onMissed }: FactsOptions, stream: string): (count: number) => void {
  let losses = 0
  return (count) => {
    onMissed(count)
    const now = clock.now()
    const content = missedContent(stream, count, now, `missed ${now.getTime()} ${++losses}`)
    lane.tell(`missed ${stream}`, content).catch((err: unknown) => {
      log.warn('that facts were missed could not be told to an external exporter', {
        exporter: name,
        stream,
        count,
        err,
      })
    })
  }
}

/** Takes facts from now on, until the signal aborts. */
export function consumeFacts(options: FactsOptions): void {
  const { name, lane, reader, unread, clock, minSeverity, onNews, signal } = options
  const consuming = { signal, lane: name, ready: lane.isOpen, onReady: lane.onOpen }
  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    if (stream === 'EVENTS_INFO' && minSeverity !== 'info') continue
    reader.consume(
      stream,
      {
        async message(value, { time }) {
          onNews()
          const event = fromProtoEvent(value, clock.now())
          if (compareSeverity(event.severity, minSeverity) >= 0) await lane.tell(stream, eventContent(event, time))
        },
        gap: createGap(options, stream),
      },
      { ...consuming, onReadability: unread.of(stream) },
    )
  }
  reader.consume(
    'PROBLEMS',
    {
      async message(value, { time }) {
        onNews()
        await tellProblem(options, fromProtoProblem(value, clock.now()), time)
      },
      gap: createGap(options, 'PROBLEMS'),
    },
    { ...consuming, onReadability: unread.of('PROBLEMS') },
  )
}
