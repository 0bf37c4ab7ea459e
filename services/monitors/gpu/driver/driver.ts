/** The NVIDIA driver as the kernel shows it, without asking the driver itself. */
import type { Clock } from '#clock'
import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import type { Resets } from '../resets.ts'

/** Folder of the module while it is loaded, also below a container's root. */
const MODULE = '/sys/module/nvidia'
/** "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Wed …" */
const VERSION_FILE = '/proc/driver/nvidia/version'
const VERSION = /\b(\d{3}\.\d{2,3}(?:\.\d{2,3})?)\b/

/** What is loaded. */
export interface DriverLook {
  readonly isLoaded: boolean
  /** "590.48.01"; undefined: it does not say. */
  readonly version: string | undefined
}

/** What is kept of it for the next process of the same boot. Moments are milliseconds since that. */
export interface DriverKept extends DriverLook {
  /** Tells two builds of one version apart. */
  readonly build: string | undefined
  /** When it was seen so last. */
  readonly atMs: number
  /** When it was proven to be loaded last; undefined: not in this boot. */
  readonly loadedAtMs: number | undefined
}

/** The driver, looked at by whoever has his turn. */
export interface Driver {
  /** Looks once. That it is another one than at the look before is told as a reset that was proven as of that one. Never rejects. */
  look(): Promise<Reading<DriverLook>>
  /** What was seen last; undefined: nothing yet. */
  readonly last: DriverLook | undefined
  /** What the next process is to know; undefined: nothing was seen. */
  readonly kept: DriverKept | undefined
  /**
   * What an earlier process of this boot kept: the reset that it proved is proven, and so is one in between, where the driver is another now.
   * Once in a life, whether it has looked already or not.
   */
  recall(kept: DriverKept): void
}

type Seen = Omit<DriverKept, 'atMs' | 'loadedAtMs'>

async function see({ files }: Pick<Host, 'files'>): Promise<Seen> {
  const [module, build, proc] = await files.readEach([`${MODULE}/version`, `${MODULE}/srcversion`, VERSION_FILE])
  // Drivers whose module has no version file are still there as a folder.
  const isLoaded = module !== undefined || proc !== undefined || (await files.exists(MODULE))
  return { isLoaded, version: VERSION.exec(module ?? '')?.[1] ?? VERSION.exec(proc ?? '')?.[1], build: build?.trim() }
}

function isAnother(before: Seen, now: Seen): boolean {
  if (!now.isLoaded) return false
  if (!before.isLoaded) return true
  const differs = (key: 'version' | 'build') =>
    before[key] !== undefined && now[key] !== undefined && before[key] !== now[key]
  return differs('version') || differs('build')
}

/** A driver that was unloaded and loaded again between two looks, in the same version, is not noticed here: the kernel's log says it. */
export function createDriver(host: Pick<Host, 'files'>, clock: Pick<Clock, 'monotonicMs'>, resets: Resets): Driver {
  let first: Seen | undefined
  let last: Seen | undefined
  let lastMs = clock.monotonicMs()
  let before: DriverKept | undefined
  return {
    get last() {
      return last
    },
    get kept() {
      return last && { ...last, atMs: lastMs, loadedAtMs: resets.loadedAtMs }
    },
    recall(kept) {
      if (before !== undefined) return
      before = kept
      if (kept.loadedAtMs !== undefined) resets.wasLoaded(kept.loadedAtMs)
      if (first !== undefined && isAnother(kept, first)) resets.driverLoaded(kept.atMs)
    },
    async look() {
      const atMs = clock.monotonicMs()
      const reading = await observe(() => see(host))
      if (!reading.ok) return reading
      const { value } = reading
      // When it was loaded since then nobody knows here: what it has said itself is not over by that.
      if (last !== undefined && isAnother(last, value)) resets.driverLoaded(lastMs)
      if (last === undefined && before !== undefined && isAnother(before, value)) resets.driverLoaded(before.atMs)
      first ??= value
      last = value
      lastMs = atMs
      return { ok: true, value: { isLoaded: value.isLoaded, version: value.version } }
    },
  }
}
