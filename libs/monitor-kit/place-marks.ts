/** Which kinds of machine this one was seen to be, over reboots: what was here and is gone after one is to be missed. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, within } from '#clock'
import type { PlaceName } from '#config'
import { FileTooLargeError, NotPlainFileError, readWhole, replaceFile } from '#durable'
import type { Host } from '#host'
import type { Logger } from '#service'
import { isAnotherMachine, joinedMachine, keptMachine, type Machine } from './evaluate/machine.ts'
import { makeFolder } from './make-folder.ts'
import { readMachine } from './source/machine.ts'
import { stateFolderPath } from './state-folder.ts'

/** A disk that does not answer keeps nobody waiting. */
const WAIT_MS = 1000
/** Nothing was written there, or nothing that this process could have written. */
const NEVER: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']

/** Of what a mark says of its machine. */
const BYTES_MAX = 1024

/** What is kept of that: a file a place, which says what machine it is of: on a copy of its disk it is none. */
export interface PlaceMarks {
  /** Whether this machine was such a place. Rejects where that cannot be told within a second. */
  has(place: PlaceName): Promise<boolean>
  /** Remembers that it is one; where that fails it is said, and tried again by the next call. Never rejects. */
  keep(place: PlaceName): Promise<void>
  /** A person says that it is none any more. Rejects where it cannot be forgotten. */
  forget(place: PlaceName): Promise<void>
}

/** Where a monitor's own are. @param apart the folder of what it knows at a socket that is not its own; "" at its own */
export function placesFolder(stateDir: string, monitor: string, apart = ''): string {
  return stateFolderPath({ stateDir, monitor, check: '.places', apart })
}

/** Of which machine a mark is; nothing known where it says nothing. Undefined: there is none. @throws what the file system says */
async function markIn(path: string): Promise<Machine | undefined> {
  try {
    const text = (await readWhole(path, BYTES_MAX))?.toString()
    return text === undefined ? undefined : keptMachine(text === '' ? undefined : JSON.parse(text))
  } catch (err) {
    if (NEVER.includes((err as NodeJS.ErrnoException).code) || err instanceof NotPlainFileError) return undefined
    if (err instanceof SyntaxError || err instanceof FileTooLargeError) return {}
    throw err
  }
}

/** What marks are kept with. */
export interface MarksAround {
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
  readonly host: Pick<Host, 'files'>
}

/** @param folder is made when something is to be kept */
export function createPlaceMarks(folder: string, { clock, log, host }: MarksAround): PlaceMarks {
  const fileOf = (place: PlaceName) => join(folder, place)
  let isTold = false
  const inTime = <T>(work: Promise<T>) =>
    within(clock, work, WAIT_MS, (): T => {
      throw new Error(`${folder} does not answer within a second`)
    })

  /** The mark, and this machine. */
  async function read(place: PlaceName) {
    const [mark, now] = await Promise.all([inTime(markIn(fileOf(place))), readMachine(host)])
    const isAnother = mark !== undefined && isAnotherMachine(mark, now)
    if (isAnother && !isTold)
      log.warn('what kind of machine this was is said by a copy of another one’s disk, and does not count', {
        when: place,
      })
    isTold ||= isAnother
    return { mark, now, isOwn: mark !== undefined && !isAnother }
  }

  async function write(place: PlaceName): Promise<void> {
    const { mark, now, isOwn } = await read(place)
    const text = JSON.stringify(isOwn ? joinedMachine(mark ?? {}, now) : now)
    if (isOwn && text === JSON.stringify(mark)) return
    await makeFolder(folder)
    await replaceFile(fileOf(place), text, { mode: 0o640 })
  }

  return {
    has: async (place) => (await read(place)).isOwn,
    keep: (place) =>
      inTime(write(place)).catch((err: unknown) =>
        log.warn('it cannot be remembered what kind of machine this is', { when: place, err }),
      ),
    forget: (place) => inTime(rm(fileOf(place), { force: true })),
  }
}
