/** Reads the GPUs of the machine: one query, and what the kernel shows of the driver. */
import type { Host } from '#host'
import { learnRows } from '../../cards/learn-rows.ts'
import { hasNoneHere } from '../../driver/none-here.ts'
import { readPciGpus } from '../../driver/pci-gpus.ts'
import { readStuck } from '../../driver/processes.ts'
import type { GpuShared } from '../../shared.ts'
import { readHeld } from './held.ts'
import type { HealthMemory } from './memory.ts'
import type { HealthReading } from './reading.ts'
import { readSlots } from './slots.ts'

/** What is read with. */
export interface HealthSource {
  readonly host: Pick<Host, 'files' | 'bootId'>
  readonly shared: GpuShared
  readonly signal: AbortSignal
  readonly memory: HealthMemory
  /** Places of GPUs that were seen here, and how many are expected: where there are none on PCI either nobody is asked. */
  readonly knownPlaces: readonly string[]
  readonly expectedGpus: number
}

/** One reading; undefined: this machine has no GPU of its own, and nobody was asked. */
export async function readHealth(source: HealthSource): Promise<HealthReading | undefined> {
  const { host, shared, signal, memory } = source
  const [driver, pci] = await Promise.all([shared.driver.look(), readPciGpus(host)])
  if (source.expectedGpus === 0 && hasNoneHere(pci, source.knownPlaces)) return undefined
  await shared.recall()
  const query = await shared.query.ask(signal)
  const rows = query.kind === 'rows' ? query.answer.rows : []
  learnRows(shared.cards, rows)
  const isMismatch = query.kind === 'failed' && query.failure.kind === 'mismatch'
  const [boot, stuck, { held, tookMs }, slots, { gpus: devices, hasControl }, library] = await Promise.all([
    host.bootId().catch(() => undefined),
    readStuck(host, memory.stuck.size > 0),
    readHeld(source, query),
    readSlots(host, rows),
    shared.devices(),
    isMismatch ? shared.library() : undefined,
  ])
  const took = 'tookMs' in query ? query.tookMs + tookMs : undefined
  return { boot, driver, pci, query, library, devices, hasControl, stuck, held, slots, tookMs: took }
}
