/**
 * An nvidia-smi that did not end in an earlier life of this monitor, of the same boot: it stands within the driver, and each restart would
 * set another beside it. It is known by its pid and when it began, so that nobody's process of the same name is taken for it.
 */
import { join } from 'node:path'
import { type Clock, within } from '#clock'
import { readWhole, replaceFile } from '#durable'
import type { Host } from '#host'
import { parseStat } from '../driver/processes.ts'

/** Remembers it. */
export interface LeftBehind {
  /** This one does not end. Never rejects. */
  keep(pid: number): Promise<void>
  /** One that an earlier process left, as long as it is there; undefined: there is none, or nobody can tell. Never rejects. */
  find(): Promise<
    | { readonly pid: number /** On the monotonic clock: when it was found first. */; readonly sinceMs: number }
    | undefined
  >
}

/** What it is told by. */
export interface LeftBehindOptions {
  readonly host: Pick<Host, 'files' | 'bootId'>
  readonly clock: Clock
  /** Makes and names the folder. */
  readonly folder: () => Promise<string>
  /** Whether a pid means the same to this process and to the host; else what ran in an earlier container is not found again. */
  readonly seesProcesses: () => Promise<boolean>
}

interface Kept {
  readonly boot: string
  readonly pid: number
  readonly started: number
}

const NAME = 'late.json'
const BYTES_MAX = 4_096

function keptOf(text: string): Kept | undefined {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { boot, pid, started } = value as Partial<Record<keyof Kept, unknown>>
  const isOne = typeof boot === 'string' && Number.isSafeInteger(pid) && Number.isSafeInteger(started)
  return isOne ? { boot, pid: Number(pid), started: Number(started) } : undefined
}

/** When a process began that has not ended. */
async function startedOf({ files }: LeftBehindOptions['host'], pid: number): Promise<number | undefined> {
  const [text] = await files.readEach([`/proc/${pid}/stat`])
  const process = text === undefined ? undefined : parseStat(text)
  return process?.state === 'Z' ? undefined : process?.started
}

/** How long the disk of what was kept may take: once, who asks again meanwhile waits no more. */
const WAIT_MS = 1000

export function createLeftBehind({ host, clock, folder, seesProcesses }: LeftBehindOptions): LeftBehind {
  let kept: Promise<Kept | undefined> | undefined
  let isLate = false
  let sinceMs: number | undefined

  async function recall(): Promise<Kept | undefined> {
    if (!(await seesProcesses())) return undefined
    const bytes = await readWhole(join(await folder(), NAME), BYTES_MAX)
    const before = bytes === undefined ? undefined : keptOf(bytes.toString())
    const isOfNow = before !== undefined && before.boot === (await host.bootId())
    return isOfNow ? before : undefined
  }

  return {
    async keep(pid) {
      try {
        if (!(await seesProcesses())) return
        const [boot, started] = await Promise.all([host.bootId(), startedOf(host, pid)])
        if (started === undefined) return
        await replaceFile(join(await folder(), NAME), JSON.stringify({ boot, pid, started }), {
          mode: 0o600,
          sync: false,
        })
      } catch {
        // Without a place to keep it, or a boot that it is of, the next process does not know it.
      }
    },
    async find() {
      // A disk that does not answer holds up no probe: until it does nobody is known.
      kept ??= recall().catch(() => undefined)
      const before = await within(clock, kept, isLate ? 0 : WAIT_MS, () => {
        isLate = true
        return undefined
      })
      if (before === undefined) return undefined
      const started = await startedOf(host, before.pid).catch(() => undefined)
      sinceMs ??= clock.monotonicMs()
      if (started === before.started) return { pid: before.pid, sinceMs }
      kept = Promise.resolve(undefined)
      return undefined
    },
  }
}
