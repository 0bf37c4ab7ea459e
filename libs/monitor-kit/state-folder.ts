/** What a check keeps beyond a reboot: a folder of its own below the state directory, made when it is first asked for. */
import { join } from 'node:path'
import { StateFolderError } from './errors.ts'
import { makeFolder } from './make-folder.ts'
import { fileNameOf } from './memory.ts'

/** Whose folder it is. */
export interface StateFolderOptions {
  readonly stateDir: string
  readonly monitor: string
  /** The check's configured name. */
  readonly check: string
  /** What is its own at another socket than the monitor's own. Default "". */
  readonly apart?: string
}

/** `<stateDir>/monitors/<monitor>/<check>`, at another socket `<stateDir>/monitors/<monitor>/.at-…/<check>`; a check's name that is none of a folder is hashed. */
export function stateFolderPath({ stateDir, monitor, check, apart = '' }: StateFolderOptions): string {
  return join(stateDir, 'monitors', monitor, apart, fileNameOf(check))
}

/** Makes it (0750), also where it has gone since. Rejects with StateFolderError; the next call tries again. */
export function createStateFolder(options: StateFolderOptions): () => Promise<string> {
  const path = stateFolderPath(options)
  return async () => {
    try {
      await makeFolder(path)
      return path
    } catch (cause) {
      throw new StateFolderError(path, cause)
    }
  }
}
