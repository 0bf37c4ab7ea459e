/** What is known by the kernel's log, in a file of the check's state folder: over kill -9, and what no reboot proves over reboots. */
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import type { CheckContext } from '#monitor-kit'
import { type LogState, stateOf } from '../../kernel/state.ts'

const NAME = 'kernel-log.json'
/** 256 faults with all their words, twice. */
const BYTES_MAX = 1_048_576

/** What is kept. */
export interface Keep {
  /** What an earlier process left; undefined: nothing, or nothing that can be understood. @throws what keeps it from being read */
  recall(): Promise<LogState | undefined>
  /** Writes it; one at a time, the newest wins. Never rejects. @returns whether that state, or a newer one, stands there */
  write(state: LogState): Promise<boolean>
}

export function createKeep({ stateFolder, log }: Pick<CheckContext<unknown>, 'stateFolder' | 'log'>): Keep {
  let wanted: string | undefined
  let writing: Promise<boolean> | undefined
  let hasFailed = false

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
      // Where there is no folder nothing was kept in it.
      const folder = await stateFolder().catch(failed)
      if (folder === undefined) return undefined
      const bytes = await readWhole(join(folder, NAME), BYTES_MAX)
      if (bytes === undefined) return undefined
      try {
        const state = stateOf(JSON.parse(bytes.toString()))
        if (state !== undefined) return state
      } catch {
        // Told below.
      }
      log.warn('what was kept of the kernel’s words on GPUs cannot be understood; the log is read anew', { folder })
      return undefined
    },
    write(state) {
      wanted = JSON.stringify(state)
      writing ??= writeWanted().finally(() => {
        writing = undefined
      })
      return writing
    },
  }
}
