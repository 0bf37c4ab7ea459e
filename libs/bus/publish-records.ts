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

/** Resting while there is nothing to tell, and whoever waits for that. */
function createRest({ signal, clock }: Pick<PublishOptions, 'signal' | 'clock'>) {
  const waiting = new Set<() => void>()
  let isIdle = false
  /** Something may have come since it was looked. */
  let isCalled = false
  let wakeUp: (() => void) | undefined
  return {
    get isIdle() {
      return isIdle
    },
    /** It is looked now: what was called for before is seen. */
    looks(): void {
      isCalled = false
    },
    wake(): void {
      isCalled = true
      isIdle = false
      wakeUp?.()
    },
    /** Until it is called; not at all where it was since it looked. */
    rest(): Promise<void> {
      if (isCalled) return Promise.resolve()
      isIdle = true
      for (const resolve of waiting) resolve()
      return new Promise((resolve) => {
        const up = () => {
          signal.removeEventListener('abort', up)
          wakeUp = undefined
          resolve()
        }
        wakeUp = up
        signal.addEventListener('abort', up, { once: true })
      })
    },
    /** @returns whether it rests, within that time */
    settled(withinMs: number): Promise<boolean> {
      if (isIdle) return Promise.resolve(true)
      return new Promise((resolve) => {
        const settle = (isAll: boolean) => {
          callOff()
          waiting.delete(done)
          resolve(isAll)
        }
        const done = () => settle(true)
        const callOff = clock.after(withinMs, () => settle(false))
        waiting.add(done)
      })
    },
  }
}

/** Tells records, and counts them: one that no message can hold is left out. */
function createTeller({ sink, log }: Pick<PublishOptions, 'sink' | 'log'>) {
  const counts = { told: 0, refused: 0 }
  return {
    counts,
    /** @returns where the stream ends by it; rejects while the bus is away, or is full */
    async tell(record: RemediationRecord, behind: StreamEnd): Promise<StreamEnd> {
      const { journal, sequence } = record
      const told = { journal, sequence }
      if (!isTold(record)) return { ...behind, record: told }
      try {
        const kept = { sequence: await sink.keep(record, behind.sequence), record: told }
        counts.told++
        return kept
      } catch (err) {
        if (!(err instanceof BusRefusedError) || err.why === 'full') throw err
        counts.refused++
        log.error('a record of repairs cannot be told and is left out', { ...told, err })
        return { ...behind, record: told }
      }
    },
  }
}

/** Why nothing can be told, said once until something can. */
function createTrouble({ log }: Pick<PublishOptions, 'log'>) {
  let isTroubled = false
  let lastError = ''
  return {
    /** "": it can. */
    get lastError() {
      return lastError
    },
    failed(err: unknown): void {
      lastError = err instanceof Error ? err.message : String(err)
      // A bus that is away says so itself.
      if (isTroubled || err instanceof BusUnavailableError) return
      isTroubled = true
      log.warn('records of repairs cannot be told; they wait in the journal', { err })
    },
    over(): void {
      if (isTroubled) log.info('records of repairs are told again', { after: lastError })
      isTroubled = false
      lastError = ''
    },
  }
}

/** Begins at once, and ends with the signal. @returns also `again`: the stream may be another, and is asked where it ends */
export function publishRecords(options: PublishOptions): Publication & { again(): void } {
  const { sink, source, signal, clock } = options
  const resting = createRest(options)
  const teller = createTeller(options)
  const trouble = createTrouble(options)
  /** Undefined: the stream has to be asked. */
  let end: StreamEnd | undefined

  /** Tells a part of what is to be told. False: there is nothing. */
  async function turn(): Promise<boolean> {
    end ??= await sink.end()
    const { record } = end
    const records = await source.after(record?.journal === source.journal ? record.sequence : 0)
    for (const next of records) {
      const behind: StreamEnd | undefined = end
      if (signal.aborted || behind === undefined) return true
      const now = await teller.tell(next, behind)
      // Another stream meanwhile: it is asked.
      if (end === behind) end = now
    }
    return records.length > 0
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      resting.looks()
      try {
        const isMoved = await turn()
        failures = 0
        trouble.over()
        if (!isMoved && end !== undefined) await resting.rest()
      } catch (err) {
        if (signal.aborted) return
        end = undefined
        trouble.failed(err)
        await clock.sleep(backoffMs(failures++, RETRY), signal).catch(() => undefined)
      }
    }
  }

  void run()
  return {
    wake: resting.wake,
    again() {
      end = undefined
      resting.wake()
    },
    status: () => ({ ...teller.counts, lastError: trouble.lastError, isWaiting: !resting.isIdle }),
    settled: resting.settled,
  }
}
