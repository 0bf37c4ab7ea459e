/** What all checks of this monitor have together: one probe at a time, who is in which slot, and which resets are proven. */
import { createHost, type Units } from '#host'
import type { SharedContext } from '#monitor-kit'
import type { Machine } from '#monitor-kit/evaluate'
import { readMachine } from '#monitor-kit/source'
import { type Cards, createCards } from './cards/cards.ts'
import { createInventoryFile, type InventoryFile } from './cards/inventory.ts'
import { createRecall } from './cards/recall.ts'
import { type OwnDevices, readDevices } from './driver/devices.ts'
import { createDriver, type Driver } from './driver/driver.ts'
import { createNodeLibrary, type NodeLibrary } from './driver/node-library.ts'
import { sharesPids } from './driver/processes.ts'
import { createUnwatched, type TellUnwatched } from './driver/unwatched.ts'
import { createIll, type Ill } from './health.ts'
import { placesHere } from './places-here.ts'
import { createResets, type Resets } from './resets.ts'
import { createLeftBehind } from './smi/left-behind.ts'
import { createQuery, type Query } from './smi/query.ts'
import { createSmi, type Smi } from './smi/smi.ts'

/** Made once for the monitor's process. */
export interface GpuShared {
  readonly smi: Smi
  /** The one query of all GPUs, by `smi`. */
  readonly query: Query
  readonly cards: Cards
  /** Has the cards know who was in which slot before, in this boot; once, before they are asked. Never rejects. */
  recall(): Promise<void>
  readonly driver: Driver
  readonly resets: Resets
  /** What each check finds ill. */
  readonly ill: Ill
  /** Units of the host's systemd: the services beside the driver. */
  readonly units: Units
  /** Which GPUs there were here, over reboots. */
  readonly inventory: InventoryFile
  /** Which library of the driver the node itself has, by a look. Never rejects. */
  library(): Promise<NodeLibrary>
  /** Which machine this is, as far as it can be read: what another one kept, on a disk that was copied, is not of here. Never rejects. */
  machine(): Promise<Machine>
  /** Device files that this process has. */
  devices(): Promise<OwnDevices>
  /** Whether a pid of nvidia-smi is one of the host. */
  seesProcesses(): Promise<boolean>
  /** Ends this process in order: whoever keeps it starts it again, with the library that the node has now. */
  renew(): void
  /** Says what cannot be looked at here. */
  readonly unwatched: TellUnwatched
}

type Around = Pick<SharedContext, 'host' | 'clock' | 'signal' | 'log' | 'stateFolder'>

/** Nothing of it holds a device: between two probes no program of ours is there. */
export function createGpuShared({ host, clock, signal, log, stateFolder }: Around): GpuShared {
  const own = createHost({ root: '' })
  const resets = createResets()
  const driver = createDriver(host, clock, resets)
  const seesProcesses = () => sharesPids(host, clock)
  const leftBehind = createLeftBehind({ host, clock, folder: stateFolder, seesProcesses })
  const smi = createSmi({ host, clock, signal, leftBehind })
  const cards = createCards()
  let known: Promise<Machine> | undefined
  const machine = () => {
    known ??= readMachine(host)
    return known
  }
  const inventory = createInventoryFile({ folder: stateFolder, log, clock, machine })
  return {
    smi,
    query: createQuery({ smi, driver, clock, placesBefore: () => placesHere(host, inventory) }),
    cards,
    recall: createRecall({ host, inventory, cards }),
    driver,
    resets,
    ill: createIll(),
    units: host.units,
    inventory,
    library: createNodeLibrary(host, own, clock),
    machine,
    devices: () => readDevices(own),
    seesProcesses,
    renew: () => void process.kill(process.pid, 'SIGTERM'),
    unwatched: createUnwatched(log),
  }
}
