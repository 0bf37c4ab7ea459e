/** Reads the GPUs of the machine: one query, and what the kernel shows of the driver. */
import type { Host } from '#host'
import { isGivenAway, readPciGpus } from '../../driver/pci-gpus.ts'
import { deadAmong, readStuck } from '../../driver/processes.ts'
import type { GpuShared } from '../../shared.ts'
import { APP_COLUMNS, type ComputeApp, parseApps } from '../../smi/apps.ts'
import type { QueryAnswer } from '../../smi/query.ts'
import { type GpuRow, numberIn, textIn } from '../../smi/rows.ts'
import type { HeldMemory } from './judge/look.ts'
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

const APPS = [`--query-compute-apps=${APP_COLUMNS.join(',')}`, '--format=csv,nounits']
/** What the driver and a display take for themselves is less. */
const HELD_MIB = 1024
const HELD_RATIO = 0.05

/** It holds memory and does not work, so that it may hold it for nobody. */
function isSuspicious(row: GpuRow): boolean {
  const [used = 0, total = 0] = [numberIn(row, 'memory.used'), numberIn(row, 'memory.total')]
  const isIdle = (numberIn(row, 'utilization.gpu') ?? 0) === 0
  return isIdle && textIn(row, 'display_active') !== 'Enabled' && used > Math.max(HELD_MIB, total * HELD_RATIO)
}

function heldBy(rows: readonly GpuRow[], apps: readonly ComputeApp[], dead: readonly number[]) {
  const held = rows.flatMap(({ uuid }): [string, HeldMemory][] => {
    if (uuid === undefined) return []
    const own = apps.filter((app) => app.uuid === uuid)
    const ended = own.map(({ pid }) => pid).filter((pid) => dead.includes(pid))
    return [[uuid, { dead: ended, isNobodys: own.length === 0 }]]
  })
  return new Map(held)
}

/** What is held by nobody, and how long nvidia-smi took to say who holds what. */
interface Held {
  readonly held: HealthReading['held']
  readonly tookMs: number
}

/** Who holds the memory of GPUs that do not work. Asked only where some do, and where a pid means the same here and on the host. */
async function readHeld({ host, shared, signal }: HealthSource, query: QueryAnswer): Promise<Held> {
  const rows = query.kind === 'rows' ? query.answer.rows.filter(isSuspicious) : []
  if (rows.length === 0 || !(await shared.seesProcesses())) return { held: new Map(), tookMs: 0 }
  const answer = await shared.smi.ask(APPS, signal)
  const tookMs = answer.kind === 'ended' ? answer.tookMs : 0
  const apps = answer.kind === 'ended' && answer.exitCode === 0 ? parseApps(answer.text, answer.isCut) : undefined
  if (apps === undefined) return { held: new Map(), tookMs }
  const pids = apps.map(({ pid }) => pid)
  return { held: heldBy(rows, apps, await deadAmong(host, pids)), tookMs }
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
  const [stuck, { held, tookMs }, slots] = await Promise.all([
    readStuck(host, memory.stuck.size > 0),
    readHeld(source, query),
    readSlots(host, query.kind === 'rows' ? query.answer.rows : []),
  ])
  return { driver, pci, query, stuck, held, slots, tookMs: 'tookMs' in query ? query.tookMs + tookMs : undefined }
}
