/** Reads the GPUs of the machine: one query, and what the kernel shows of the driver. */
import type { Host } from '#host'
import { isGivenAway, readPciGpus } from '../../driver/pci-gpus.ts'
import { readStuck } from '../../driver/processes.ts'
import type { GpuShared } from '../../shared.ts'
import type { QueryAnswer } from '../../smi/query.ts'
import { readHeld } from './held.ts'
import type { HealthMemory } from './memory.ts'
import type { HealthReading } from './reading.ts'
import { readSlots } from './slots.ts'

/** What is read with. */
export interface HealthSource {
  readonly host: Pick<Host, 'files'>
  readonly shared: GpuShared
  readonly signal: AbortSignal
  readonly memory: HealthMemory
  /** Places of GPUs that were seen here, and how many are expected: where there are none on PCI either nobody is asked. */
  readonly knownPlaces: readonly string[]
  readonly expectedGpus: number
}

/** Tells the others who is who. */
function tellOthers({ shared }: HealthSource, query: QueryAnswer): void {
  if (query.kind !== 'rows') return
  for (const { place, uuid, index, name } of query.answer.rows) {
    // What the driver cannot say now it said before.
    const said = { ...(uuid !== undefined && { uuid }), ...(index !== undefined && { index }) }
    shared.cards.learn(place, name === '' ? said : { ...said, name })
  }
}

/** None of its own on PCI, and none is missed: those that were given away are no more than that. */
function hasNone(pci: HealthReading['pci'], { knownPlaces, expectedGpus }: HealthSource): boolean {
  if (!pci.ok || expectedGpus > 0 || !pci.value.every(isGivenAway)) return false
  return knownPlaces.every((known) => pci.value.some(({ place }) => place === known))
}

/** One reading; undefined: this machine has no GPU of its own, and nobody was asked. */
export async function readHealth(source: HealthSource): Promise<HealthReading | undefined> {
  const { host, shared, signal, memory } = source
  const [driver, pci] = await Promise.all([shared.driver.look(), readPciGpus(host)])
  if (hasNone(pci, source)) return undefined
  const query = await shared.query.ask(signal)
  tellOthers(source, query)
  const [stuck, { held, tookMs }, slots, { gpus: devices }] = await Promise.all([
    readStuck(host, memory.stuck.size > 0),
    readHeld(source, query),
    readSlots(host, query.kind === 'rows' ? query.answer.rows : []),
    shared.devices(),
  ])
  const took = 'tookMs' in query ? query.tookMs + tookMs : undefined
  return { driver, pci, query, devices, stuck, held, slots, tookMs: took }
}
