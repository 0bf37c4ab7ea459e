/**
 * The history behind the page's ribbon. Facts are queued and written together, at most one transaction a second, the
 * first of a quiet time at once. Nothing here ever fails its caller: the worst is a history that starts anew.
 */
import type { Clock, Logger } from '#service'
import { CRAMPED_SHARE, createHouse, prunePlace } from './house.ts'
import { createIntake, createSampling, createSights, type Intake, stateFact } from './intake.ts'
import { createLaneMemory } from './lane-memory.ts'
import { createReadings, type Readings } from './readings.ts'
import { TIERS } from './samples.ts'
import { openHistoryStore } from './store.ts'
import { createWriter } from './writer.ts'

export type { HistoryStats } from './readings.ts'

export interface HistoryOptions {
  /** Its folder: `<stateDir>/history`. */
  readonly dir: string
  readonly maxBytes: number
  readonly retentionMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** A history that is written and read until it is closed. */
export interface History extends Intake, Readings {
  /** Writes what waits, now. */
  flush(): Promise<void>
  /** Takes a sample and does what is due. Every 15 s; {@link History.run} does it. */
  turn(): Promise<void>
  run(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const SAMPLE_MS = TIERS[0].stepMs

export async function openHistory(options: HistoryOptions): Promise<History> {
  const { clock, log, retentionMs } = options
  const store = await openHistoryStore(options)
  const memory = createLaneMemory()
  const writer = createWriter({
    store,
    clock,
    log,
    current: () => [...memory.current()].map((state) => stateFact(state, clock.now())),
    makeRoom: () => prunePlace({ store, clock, retentionMs }, CRAMPED_SHARE),
  })
  const house = createHouse({ store, writer, clock, retentionMs })
  const sights = createSights(writer, clock)
  const sampling = createSampling(writer, clock)

  async function turn(): Promise<void> {
    sampling.take()
    await house.keep()
  }

  return {
    ...createIntake({ writer, memory, clock }),
    ...createReadings({ store, writer, clock, retentionMs, silentMs: sights.silentMs }),
    seen: sights.seen,
    sample: sampling.sample,
    flush: () => writer.flush(),
    turn,
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(SAMPLE_MS, signal).catch(() => undefined)
        if (!signal.aborted) await turn()
      }
    },
    async close() {
      sampling.take()
      await writer.close()
      await store.close()
    },
  }
}
