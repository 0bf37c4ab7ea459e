/** The state of a life before: what the bus's buckets hold, and what outlived a reboot in a file. */
import { join } from 'node:path'
import type { BusWriter } from '#bus'
import { DETECTOR } from '#model'
import type { ServiceContext } from '#service'
import type { Engine } from '../engine-types.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { readProblems } from './problem-file.ts'
import { changesOfStore } from './read-back.ts'
import { reconcile } from './reconcile.ts'

export interface ReadBackOptions extends Pick<ServiceContext<unknown>, 'clock' | 'log' | 'stateDir' | 'version'> {
  readonly engine: Engine
  readonly outbox: Pick<Outbox, 'put'>
  /** The bus's writer while the bus is there. */
  readonly writer: () => Pick<BusWriter, 'readBack'> | undefined
}

export interface ReadBack {
  /** Whether the buckets were read in this life. */
  readonly isDone: boolean
  /** The state as the store has it; what it cannot say any more comes from the file that outlives a reboot. Never rejects. */
  begin(bootId: string): Promise<void>
  /** Once, when the bus was not there at the start: what a life before left in its buckets and nobody speaks of. Never rejects. */
  late(): Promise<void>
}

export function createReadBack(options: ReadBackOptions): ReadBack {
  const { engine, outbox, clock, log, version, writer } = options
  let isDone = false
  let isReading = false

  function tellRestart(): void {
    engine.event({
      reason: 'AgentRestarted',
      severity: 'info',
      entity: '',
      message: `Node Doctor ${version} was started anew; what stood on this node stands`,
    })
  }

  async function readBuckets(): Promise<void> {
    const stored = await writer()?.readBack()
    if (stored === undefined) return
    isDone = true
    engine.restore(changesOfStore(stored, clock.now()))
    // Its own name stands there as soon as the bus is there.
    if (stored.monitors.some(({ name }) => name !== DETECTOR)) tellRestart()
    log.info('state was read back from the bus', {
      conditions: stored.conditions.length,
      problems: stored.problems.length,
    })
  }

  async function readBucketsLate(from: Pick<BusWriter, 'readBack'>): Promise<void> {
    const stored = changesOfStore(await from.readBack(), clock.now())
    isDone = true
    const { restored, gone } = reconcile(engine.state, stored)
    if (restored.length > 0) engine.take({ kind: 'restored', problems: restored, rebooted: false })
    if (gone.length > 0) outbox.put(gone)
    log.info('what the bus held was read back late', { restored: restored.length, gone: gone.length })
  }

  return {
    get isDone() {
      return isDone
    },
    async begin(bootId) {
      await readBuckets().catch((err: unknown) => {
        log.warn('the bus answers no question; the state begins without what it holds', { err })
      })
      const path = join(options.stateDir, 'detector', 'problems.pb')
      const onFault = (err: unknown) => log.warn('problems kept beyond a reboot cannot be read', { err })
      const kept = await readProblems(path, clock.now(), onFault)
      if (kept === undefined) return
      engine.take({ kind: 'restored', problems: kept.problems, rebooted: kept.bootId !== bootId })
    },
    async late() {
      const from = writer()
      if (from === undefined || isDone || isReading) return
      isReading = true
      try {
        await readBucketsLate(from)
      } catch (err) {
        log.warn('what the bus holds cannot be read back yet', { err })
      } finally {
        isReading = false
      }
    },
  }
}
