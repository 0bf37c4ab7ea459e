/** The host's logs as seen from a prefix. */
import { below } from '../files/rooted-path.ts'
import { followJournal } from './journal/journal.ts'
import { followKernelLog } from './kernel-log.ts'
import type { KernelDoor } from './kernel-reading.ts'
import { tailFile } from './tail.ts'
import type { Logs } from './types.ts'

/** Holds nothing: each reading is its caller's. */
export function createLogs(door: KernelDoor): Logs {
  return {
    tail: (path, options) => tailFile(door, below('', path), options),
    kernelLog: (options) => followKernelLog(door, options),
    journal: (options) => followJournal(door, options),
  }
}
