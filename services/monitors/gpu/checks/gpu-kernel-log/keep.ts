/** What is known by the kernel's log, in a file of the check's state folder: over kill -9, and what no reboot proves over reboots. */
import { join } from 'node:path'
import { unlessAborted, within } from '#clock'
import { FileTooLargeError, readWhole, replaceFile } from '#durable'
import type { CheckContext } from '#monitor-kit'
import { isAnotherMachine, keptMachine, type Machine } from '#monitor-kit/evaluate'
import { type KeptState, stateOf } from '../../kernel/kept-state.ts'
import type { LogState } from '../../kernel/state.ts'

const NAME = 'kernel-log.json'
/** 256 faults with all their words, twice. */
const BYTES_MAX = 1_048_576

/** A disk that does not answer keeps nothing from being told. */
const WAIT_MS = 1_000
/** What could not be read is tried again; one who has said so often that it cannot may never say otherwise. */
const AGAIN_MS = 30_000
const TRIES_MAX = 10

/** What an earlier process left; without a state nothing, or nothing that can be understood. */
export interface Recalled {
  readonly state: LogState | undefined
}

/** What is kept. */
export interface Keep {
  /** It could not be read for five minutes, and not since nobody answers: a state directory that nobody may write is so for good. */
  readonly isHopeless: boolean
  /** What was to be written last does not stand there. */
  readonly isBehind: boolean
  /** Within a second; undefined: it cannot be read yet. Then nothing is written over it. Never rejects. */
  recall(): Promise<Recalled | undefined>
  /** Tries it until it can be read. @throws the signal's reason */
  untilRecalled(signal: AbortSignal): Promise<void>
  /** Writes it; one at a time, the newest wins. Never rejects. @returns whether that state, or a newer one, stands there */
  write(state: LogState): Promise<boolean>
}

/** What it works with. */
export interface KeepContext extends Pick<CheckContext<unknown>, 'stateFolder' | 'log' | 'clock'> {
  /** Which machine this is: on a copy of another one's disk nothing was kept. Never rejects. */
  readonly machine: () => Promise<Machine>
}

const NOTHING: Recalled = { state: undefined }

/** What stands in the file; undefined: nothing that makes sense, or not of this machine. @throws what keeps it from being read */
async function stateIn(path: string, now: Machine): Promise<KeptState | 'none' | undefined> {
  try {
    const bytes = await readWhole(path, BYTES_MAX)
    if (bytes === undefined) return 'none'
    const value = JSON.parse(bytes.toString()) as { machine?: unknown } | null
    return isAnotherMachine(keptMachine(value?.machine), now) ? undefined : stateOf(value)
  } catch (err) {
    if (err instanceof SyntaxError || err instanceof FileTooLargeError) return undefined
    throw err
  }
}

/** Reads it once. @throws what keeps it from being read: also where the folder cannot be made, which may be there all the same */
async function readKept({ stateFolder, log, machine }: KeepContext): Promise<Recalled> {
  const folder = await stateFolder()
  const kept = await stateIn(join(folder, NAME), await machine())
  if (kept === 'none') return NOTHING
  if (kept === undefined)
    log.warn(
      'what was kept of the kernel’s words on GPUs cannot be understood, or is another machine’s; the log is read anew',
      { folder },
    )
  else if (kept.odd > 0)
    log.warn('a part of what was kept of the kernel’s words on GPUs cannot be understood, and was let go of', {
      folder,
      entries: kept.odd,
    })
  return { state: kept?.state }
}

/** Reads it, one at a time, and says once why it cannot. */
function createRecall(context: KeepContext) {
  const { log } = context
  let recalled: Recalled | undefined
  let reading: Promise<void> | undefined
  let isTold = false
  let tries = 0

  function found(one: Recalled): void {
    recalled = one
    if (isTold) log.info('what was kept of the kernel’s words on GPUs can be read again')
  }
  function unread(err?: unknown): void {
    if (!isTold) log.warn('what was kept of the kernel’s words on GPUs cannot be read; it is tried on', { err })
    isTold = true
  }
  function failed(err: unknown): void {
    unread(err)
    tries++
    if (tries === TRIES_MAX)
      log.warn('what was kept of the kernel’s words on GPUs may never be read; without it nothing is known of before', {
        err,
      })
  }

  return {
    get recalled() {
      return recalled
    },
    get isHopeless() {
      return recalled === undefined && tries >= TRIES_MAX
    },
    unread,
    read(): Promise<void> {
      reading ??= readKept(context)
        .then(found, failed)
        .finally(() => {
          reading = undefined
        })
      return reading
    },
  }
}

export function createKeep(context: KeepContext): Keep {
  const { stateFolder, log, clock } = context
  let wanted: LogState | undefined
  let writing: Promise<boolean> | undefined
  let hasFailed = false
  const recall = createRecall(context)

  function failed(err: unknown): void {
    if (!hasFailed) log.warn('what the kernel said of GPUs cannot be kept', { err })
    hasFailed = true
  }

  async function writeWanted(): Promise<boolean> {
    try {
      const [folder, of] = await Promise.all([stateFolder(), context.machine()])
      while (wanted !== undefined) {
        const text = JSON.stringify({ ...wanted, machine: of })
        wanted = undefined
        await replaceFile(join(folder, NAME), text, { mode: 0o600 })
      }
      hasFailed = false
      return true
    } catch (err) {
      failed(err)
      return false
    }
  }

  return {
    get isHopeless() {
      return recall.isHopeless
    },
    get isBehind() {
      return hasFailed
    },
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
      wanted = state
      writing ??= writeWanted().finally(() => {
        writing = undefined
      })
      return writing
    },
  }
}
