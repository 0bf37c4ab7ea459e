/** That the driver was loaded here once, kept over reboots: from then on its absence is a fault. */
import { join } from 'node:path'
import { within } from '#clock'
import { readWhole, replaceFile } from '#durable'
import type { CheckContext } from '#monitor-kit'

const NAME = 'driver-was-loaded'
const BYTES_MAX = 16
/** A disk that does not answer keeps nobody from looking. */
const WAIT_MS = 1_000

type Around = Pick<CheckContext<unknown>, 'clock' | 'log' | 'stateFolder'>

/** What is kept. Best effort: what cannot be kept is not known after a reboot. */
export interface SeenBefore {
  /** Whether an earlier process saw the driver; false where that cannot be read. */
  recall(): Promise<boolean>
  /** Writes that it was seen, once. Resolves when it is written, or is not within a second. */
  keep(): Promise<void>
}

export function createSeenBefore({ clock, log, stateFolder }: Around): SeenBefore {
  let isKept = false
  const path = async () => join(await stateFolder(), NAME)

  async function quietly(work: () => Promise<boolean>): Promise<boolean> {
    const done = work().catch((err: unknown) => {
      log.warn('whether the GPU driver was loaded before is not kept', { err })
      return false
    })
    return within(clock, done, WAIT_MS, () => false)
  }

  return {
    async recall() {
      isKept = await quietly(async () => (await readWhole(await path(), BYTES_MAX)) !== undefined)
      return isKept
    },
    async keep() {
      if (isKept) return
      isKept = await quietly(async () => {
        await replaceFile(await path(), 'yes\n')
        return true
      })
    },
  }
}
