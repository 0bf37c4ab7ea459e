/** Facts of the bus to one exporter: its own durable of each stream, a fact acknowledged once it was taken. */
import type { BusReader } from '#bus'
import type { Problem, Severity } from '#model'
import { compareSeverity } from '#model'
import type { Clock } from '#service'
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

/** What was lost of a stream. */
interface Losses {
  gap(count: number): void
  /**
   * Resolves when the exporter knows of all. What follows waits for it: once the bus has that marked as taken, nobody can tell any more
   * that something is missing before it. Rejects with LaneEndedError: then it comes again from the bus.
   */
  told(): Promise<void>
}

function createLosses({ lane, clock, onMissed }: FactsOptions, stream: string): Losses {
  let count = 0
  let telling: Promise<void> = Promise.resolve()
  return {
    gap(missed) {
      onMissed(missed)
      const now = clock.now()
      const content = missedContent(stream, missed, now, `missed ${now.getTime()} ${++count}`)
      telling = lane.tell(`missed ${stream}`, content)
      // Whoever waits for it hears of it.
      telling.catch(() => undefined)
    },
    told: () => telling,
  }
}

/** Takes facts from now on, until the signal aborts. */
export function consumeFacts(options: FactsOptions): void {
  const { name, lane, reader, unread, clock, minSeverity, onNews, signal } = options
  const consuming = { signal, lane: name, ready: lane.isOpen, onReady: lane.onOpen }
  for (const stream of ['EVENTS', 'EVENTS_INFO'] as const) {
    if (stream === 'EVENTS_INFO' && minSeverity !== 'info') continue
    const losses = createLosses(options, stream)
    reader.consume(
      stream,
      {
        async message(value, { time }) {
          onNews()
          await losses.told()
          const event = fromProtoEvent(value, clock.now())
          if (compareSeverity(event.severity, minSeverity) >= 0) await lane.tell(stream, eventContent(event, time))
        },
        gap: losses.gap,
      },
      { ...consuming, onReadability: unread.of(stream) },
    )
  }
  const losses = createLosses(options, 'PROBLEMS')
  reader.consume(
    'PROBLEMS',
    {
      async message(value, { time }) {
        onNews()
        await losses.told()
        await tellProblem(options, fromProtoProblem(value, clock.now()), time)
      },
      gap: losses.gap,
    },
    { ...consuming, onReadability: unread.of('PROBLEMS') },
  )
}
