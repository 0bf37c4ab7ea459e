/**
 * A journal told to the stream of repairs: every record once, in order, however often either side dies. What was told stands in the
 * stream itself, and nowhere else: its last record says where to go on, and an empty one (a new store) that all is to be told again.
 */
import type { Clock } from '#clock'
import { backoffMs } from '#pace'
import type { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { BusRefusedError, BusUnavailableError } from './errors.ts'
import { RETRY } from './retry.ts'
import type { BusLog, Publication, RecordSource } from './types.ts'

/** Where the stream ends. */
export interface StreamEnd {
  /** Of the stream; 0: nothing was ever in it. */
  readonly sequence: number
  /** Which record that is; undefined: there is none, or nobody can say. */
  readonly record: { readonly journal: string; readonly sequence: number } | undefined
}

/** The stream, as whoever tells sees it. Both reject while the bus is away. */
export interface RecordSink {
  end(): Promise<StreamEnd>
  /**
   * Keeps it behind that end, and only there. @returns the end that it makes
   * @throws BusRefusedError for what no message can hold
   */
  keep(record: RemediationRecord, behind: number): Promise<number>
}

/** Who tells what, where. */
export interface PublishOptions {
  readonly sink: RecordSink
  readonly source: RecordSource
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly log: Pick<BusLog, 'warn' | 'error' | 'info'>
}

/** That time has passed is of use to the journal alone. */
function isTold({ what }: RemediationRecord): boolean {
  return what?.$case !== 'tick'
}

/** Begins at once, and ends with the signal. @returns also `again`: the stream may be another, and is asked where it ends */
export function publishRecords(options: PublishOptions): Publication & { again(): void } {
  const { sink, source, signal, clock, log } = options
  const status = { told: 0, refused: 0, lastError: '' }
  const idle = new Set<() => void>()
  /** Undefined: the stream has to be asked. */
  let end: StreamEnd | undefined
  let isIdle = false
  let isTroubled = false
  /** Something may have come since it was looked. */
  let isCalled = false
  let wakeUp: (() => void) | undefined

  function wake(): void {
    isCalled = true
    isIdle = false
    wakeUp?.()
  }

  /** Until it is called. */
  function rest(): Promise<void> {
    isIdle = true
    for (const resolve of idle) resolve()
    return new Promise((resolve) => {
      const up = () => {
        signal.removeEventListener('abort', up)
        wakeUp = undefined
        resolve()
      }
      wakeUp = up
      signal.addEventListener('abort', up, { once: true })
    })
  }

  async function tell(record: RemediationRecord, behind: StreamEnd): Promise<StreamEnd> {
    const { journal, sequence } = record
    const told = { journal, sequence }
    if (!isTold(record)) return { ...behind, record: told }
    try {
      const kept = { sequence: await sink.keep(record, behind.sequence), record: told }
      status.told++
      return kept
    } catch (err) {
      if (!(err instanceof BusRefusedError) || err.why === 'full') throw err
      status.refused++
      log.error('a record of repairs cannot be told and is left out', { ...told, err })
      return { ...behind, record: told }
    }
  }

  /** Tells a part of what is to be told. False: there is nothing. */
  async function turn(): Promise<boolean> {
    end ??= await sink.end()
    const { record } = end
    const records = await source.after(record?.journal === source.journal ? record.sequence : 0)
    for (const next of records) {
      const behind: StreamEnd | undefined = end
      if (signal.aborted || behind === undefined) return true
      const now = await tell(next, behind)
      // Another stream meanwhile: it is asked.
      if (end === behind) end = now
    }
    return records.length > 0
  }

  function failed(err: unknown): void {
    end = undefined
    const why = err instanceof Error ? err.message : String(err)
    status.lastError = why
    // A bus that is away says so itself.
    if (isTroubled || err instanceof BusUnavailableError) return
    isTroubled = true
    log.warn('records of repairs cannot be told; they wait in the journal', { err })
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      isCalled = false
      try {
        const isMoved = await turn()
        failures = 0
        if (isTroubled) log.info('records of repairs are told again', { after: status.lastError })
        isTroubled = false
        status.lastError = ''
        if (!isMoved && end !== undefined && !isCalled) await rest()
      } catch (err) {
        if (signal.aborted) return
        failed(err)
        await clock.sleep(backoffMs(failures++, RETRY), signal).catch(() => undefined)
      }
    }
  }

  void run()
  return {
    wake,
    again() {
      end = undefined
      wake()
    },
    status: () => ({ ...status, isWaiting: !isIdle }),
    settled(withinMs) {
      if (isIdle) return Promise.resolve(true)
      return new Promise((resolve) => {
        const settle = (isAll: boolean) => {
          callOff()
          idle.delete(done)
          resolve(isAll)
        }
        const done = () => settle(true)
        const callOff = clock.after(withinMs, () => settle(false))
        idle.add(done)
      })
    },
  }
}
