/** Which kinds of machine this one was seen to be, over reboots: what was here and is gone after one is to be missed. */
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, within } from '#clock'
import type { PlaceName } from '#config'
import { replaceFile } from '#durable'
import type { Logger } from '#service'
import { stateFolderPath } from './state-folder.ts'

/** A disk that does not answer keeps nobody waiting. */
const WAIT_MS = 1000
/** Nothing was written there, or nothing that this process could have written. */
const NEVER: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']

/** What is kept of that: an empty file a place. */
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

/** @param folder is made when something is to be kept */
export function createPlaceMarks(
  folder: string,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Logger, 'warn'> },
): PlaceMarks {
  const fileOf = (place: PlaceName) => join(folder, place)
  const inTime = <T>(work: Promise<T>) =>
    within(clock, work, WAIT_MS, (): T => {
      throw new Error(`${folder} does not answer within a second`)
    })

  async function has(place: PlaceName): Promise<boolean> {
    try {
      return (await inTime(stat(fileOf(place)))).isFile()
    } catch (err) {
      if (NEVER.includes((err as NodeJS.ErrnoException).code)) return false
      throw err
    }
  }

  async function write(place: PlaceName): Promise<void> {
    if (await has(place)) return
    await mkdir(folder, { recursive: true, mode: 0o750 })
    await replaceFile(fileOf(place), '', { mode: 0o640 })
  }

  return {
    has,
    keep: (place) =>
      inTime(write(place)).catch((err: unknown) =>
        log.warn('it cannot be remembered what kind of machine this is', { when: place, err }),
      ),
    forget: (place) => inTime(rm(fileOf(place), { force: true })),
  }
}
