/** Reads the GPUs of the machine: one query, and what the kernel shows of the driver. */
import type { Host } from '#host'
import type { Inventory } from '../../cards/inventory.ts'
import { learnRows } from '../../cards/learn-rows.ts'
import { hasNoneHere, isForScreensAlone, type NoneHere } from '../../driver/none-here.ts'
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
  /** GPUs that were seen here, and how many are expected: where there are none on PCI either nobody is asked. */
  readonly inventory: Pick<Inventory, 'known'>
  readonly expectedGpus: number
}

/** One reading; or why there is none: this machine has no GPU of its own. */
export async function readHealth(source: HealthSource): Promise<HealthReading | NoneHere> {
  const { host, shared, signal, memory, inventory } = source
  const [driver, pci] = await Promise.all([shared.driver.look(), readPciGpus(host)])
  const knownPlaces = Object.values(inventory.known).map(({ place }) => place)
  if (source.expectedGpus === 0 && hasNoneHere(pci, knownPlaces)) return 'no-gpu'
  await shared.recall()
  const query = await shared.query.ask(signal)
  const seen = { pci, query, isLoaded: driver.ok && driver.value.isLoaded }
  if (driver.ok && isForScreensAlone(seen, source, memory.driver)) return 'for-screens'
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
