/**
 * A cursor on disk: one small file in the check's state folder, so that a reboot ends nothing; where there is no such
 * folder, in the monitor's run folder, which outlives kill -9 alone.
 */
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import type { Logger } from '#service'
import { fileNameOf } from './memory.ts'

/** Of one cursor, as JSON. */
export const CURSOR_BYTES_MAX = 4096

const NAME = 'cursor.json'

/** Where a check's cursor is kept. */
export interface CursorFileOptions {
  /** Makes the check's state folder. */
  readonly stateFolder: () => Promise<string>
  /** The monitor's own run folder. It has to be there: with the socket it is. */
  readonly runFolder: string
  /** The check's configured name. */
  readonly check: string
  readonly log: Logger
}

/** The cursor that was kept last. */
export interface CursorFile {
  /** As JSON; undefined where nothing is kept that can be read. */
  recall(): Promise<string | undefined>
  /** Writes it on its own: nobody waits for it, and of several only the last counts. */
  keep(cursor: string): void
  /** Resolves when nothing more is to be written. */
  settled(): Promise<void>
}

export function createCursorFile({ stateFolder, runFolder, check, log }: CursorFileOptions): CursorFile {
  const inRunFolder = join(runFolder, `${fileNameOf(check)}.cursor.json`)
  let path: string | undefined
  let kept: string | undefined
  let wanted: string | undefined
  let writing: Promise<void> | undefined
  let hasFailed = false

  function failed(message: string, err: unknown): void {
    if (!hasFailed) log.warn(message, { err })
    hasFailed = true
  }

  async function place(): Promise<string> {
    if (path !== undefined) return path
    try {
      path = join(await stateFolder(), NAME)
    } catch (err) {
      log.warn('check has no state folder: where its source was read up to is lost at a reboot', { err })
      path = inRunFolder
    }
    return path
  }

  async function write(): Promise<void> {
    while (wanted !== undefined && wanted !== kept) {
      const cursor = wanted
      try {
        await replaceFile(await place(), cursor, { mode: 0o600 })
        kept = cursor
        hasFailed = false
      } catch (err) {
        failed('check cannot keep where its source was read up to', err)
        return
      }
    }
  }

  return {
    async recall() {
      try {
        const text = (await readWhole(await place(), CURSOR_BYTES_MAX))?.toString()
        if (text !== undefined) JSON.parse(text)
        kept = text
        return text
      } catch (err) {
        failed('check cannot recall where its source was read up to', err)
        return undefined
      }
    },
    keep(cursor) {
      wanted = cursor
      writing ??= write().finally(() => {
        writing = undefined
      })
    },
    settled: () => writing ?? Promise.resolve(),
  }
}
