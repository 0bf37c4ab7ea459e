/** What is known by the kernel's log, in a file of the check's state folder: over kill -9, and what no reboot proves over reboots. */
import { join } from 'node:path'
import { unlessAborted, within } from '#clock'
import { readWhole, replaceFile } from '#durable'
import type { CheckContext } from '#monitor-kit'
import { type LogState, stateOf } from '../../kernel/state.ts'

const NAME = 'kernel-log.json'
/** 256 faults with all their words, twice. */
const BYTES_MAX = 1_048_576

/** A disk that does not answer keeps nothing from being told. */
const WAIT_MS = 1_000
/** What could not be read is tried again. */
const AGAIN_MS = 30_000

/** What an earlier process left; without a state nothing, or nothing that can be understood. */
export interface Recalled {
  readonly state: LogState | undefined
}

/** What is kept. */
export interface Keep {
  /** Within a second; undefined: it cannot be read yet. Then nothing is written over it. Never rejects. */
  recall(): Promise<Recalled | undefined>
  /** Tries it until it can be read. @throws the signal's reason */
  untilRecalled(signal: AbortSignal): Promise<void>
  /** Writes it; one at a time, the newest wins. Never rejects. @returns whether that state, or a newer one, stands there */
  write(state: LogState): Promise<boolean>
}

/** Reads it once. @throws what keeps it from being read */
async function readKept({ stateFolder, log }: KeepContext, failed: (err: unknown) => void): Promise<Recalled> {
  // Where there is no folder nothing was kept in it.
  const folder = await stateFolder().catch(failed)
  if (folder === undefined) return NOTHING
  const bytes = await readWhole(join(folder, NAME), BYTES_MAX)
  if (bytes === undefined) return NOTHING
  try {
    const state = stateOf(JSON.parse(bytes.toString()))
    if (state !== undefined) return { state }
  } catch {
    // Told below.
  }
  log.warn('what was kept of the kernel’s words on GPUs cannot be understood; the log is read anew', { folder })
  return NOTHING
}

const NOTHING: Recalled = { state: undefined }

type KeepContext = Pick<CheckContext<unknown>, 'stateFolder' | 'log' | 'clock'>

/** Reads it, one at a time, and says once why it cannot. */
function createRecall(context: KeepContext, failed: (err: unknown) => void) {
  const { log } = context
  let recalled: Recalled | undefined
  let reading: Promise<void> | undefined
  let isTold = false

  function found(one: Recalled): void {
    recalled = one
  }
  function unread(err?: unknown): void {
    if (!isTold) log.warn('what was kept of the kernel’s words on GPUs cannot be read; it is tried on', { err })
    isTold = true
  }

  return {
    get recalled() {
      return recalled
    },
    unread,
    read(): Promise<void> {
      reading ??= readKept(context, failed)
        .then(found, unread)
        .finally(() => {
          reading = undefined
        })
      return reading
    },
  }
}

export function createKeep(context: KeepContext): Keep {
  const { stateFolder, log, clock } = context
  let wanted: string | undefined
  let writing: Promise<boolean> | undefined
  let hasFailed = false
  const recall = createRecall(context, failed)

  function failed(err: unknown): void {
    if (!hasFailed) log.warn('what the kernel said of GPUs cannot be kept', { err })
    hasFailed = true
  }

  async function writeWanted(): Promise<boolean> {
    try {
      const path = join(await stateFolder(), NAME)
      for (let text = wanted; text !== undefined; text = wanted) {
        wanted = undefined
        await replaceFile(path, text, { mode: 0o600 })
      }
      hasFailed = false
      return true
    } catch (err) {
      failed(err)
      return false
    }
  }

  return {
    async recall() {
      if (recall.recalled === undefined) await within(clock, recall.read(), WAIT_MS, recall.unread)
      return recall.recalled
    },
    async untilRecalled(signal) {
      while (recall.recalled === undefined) {
        await unlessAborted(recall.read(), signal)
        if (recall.recalled === undefined) await clock.sleep(AGAIN_MS, signal)
      }
    },
    write(state) {
      // What was never read is not written over.
      if (recall.recalled === undefined) return Promise.resolve(false)
      wanted = JSON.stringify(state)
      writing ??= writeWanted().finally(() => {
        writing = undefined
      })
      return writing
    },
  }
}
