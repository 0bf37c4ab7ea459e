/** flock(1): the lock of a file that this process has open. It is given to the open file, and so stays when that program has ended. */
import { spawn } from 'node:child_process'

/** It ends with this when the lock is another's. */
export const TAKEN_EXIT = 73
/** The file as it has it: the same open file as ours. */
const ITS_FD = 3
const WORDS_MAX = 1024

/** How `flock` ended. */
export interface Flocked {
  readonly code: number | null
  readonly said: string
}

/** Never waits for a lock. @param fd of this process @throws where the program cannot be started */
export function flock(fd: number): Promise<Flocked> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-n', '-E', String(TAKEN_EXIT), String(ITS_FD)], {
      stdio: ['ignore', 'ignore', 'pipe', fd],
      env: { PATH: process.env['PATH'] },
    })
    let said = ''
    child.stderr?.on('data', (data: Buffer) => {
      said = `${said}${String(data)}`.slice(0, WORDS_MAX)
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, said: said.trim() }))
  })
}
