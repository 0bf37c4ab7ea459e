/** Follows the records of repairs: what was taken before this life is read once, so that an attempt's end says what was tried. */
import type { BusReader } from '#bus'
import type { NodeEvent } from '#model'
import type { Clock, Logger } from '#service'
import { createRepairs } from '#view'
import { fromProtoRemediation } from '#wire/remediation'
import { repairEvent } from './repair-event.ts'

/** Of the last records: more than the attempts that may still be open. */
const READ_BACK = 2000
const AGAIN_MS = 1000

/** What is told of one record, and which it is. */
export interface RepairTold {
  readonly event: NodeEvent
  readonly journal: string
  readonly sequence: number
}

/** How a stream is taken. */
type ConsumeOptions = Parameters<BusReader['consume']>[2]

/** Who is told. */
export interface RepairsTo {
  tell(told: RepairTold): Promise<void>
  gap(missed: number): void
}

/** Until the signal of `options` aborts. */
export function followRepairs(
  reader: BusReader,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Logger, 'debug'> },
  options: ConsumeOptions & Required<Pick<ConsumeOptions, 'ready' | 'onReady'>>,
  to: RepairsTo,
): void {
  const { signal } = options
  const repairs = createRepairs()
  const whenRead = new Set<() => void>()
  let isRead = false

  async function readBack(): Promise<void> {
    while (!signal.aborted && !isRead) {
      try {
        await reader.readRecords(READ_BACK, (record) => {
          const told = fromProtoRemediation(record, clock.now())
          if (told !== undefined) repairs.saw(told)
        })
        isRead = true
      } catch (err) {
        log.debug('records of repairs cannot be read yet', { err })
        await clock.sleep(AGAIN_MS, signal).catch(() => undefined)
      }
    }
    for (const listener of whenRead) listener()
  }

  void readBack()
  reader.consume(
    'REMEDIATIONS',
    {
      async message(value) {
        const told = fromProtoRemediation(value, clock.now())
        if (told === undefined) return
        repairs.saw(told)
        const event = repairEvent(told, repairs.facts)
        if (event !== undefined) await to.tell({ event, journal: told.journal, sequence: told.sequence })
      },
      gap: to.gap,
    },
    {
      ...options,
      ready: () => isRead && options.ready(),
      onReady(listener) {
        whenRead.add(listener)
        const end = options.onReady(listener)
        return () => {
          whenRead.delete(listener)
          end()
        }
      },
    },
  )
}
