/** What all child processes have in common. */
import { readdir } from 'node:fs/promises'
import { readKernelFiles } from '../files/read.ts'

/** PATH and the C locale (numbers and words as parsers expect them); nothing of our own environment else. */
export function baseEnvironment(): Record<string, string> {
  const path = process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return { PATH: path, LC_ALL: 'C' }
}

/** Signals a whole process group; 0 only asks. false when there is none any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    // ESRCH: all have ended. EPERM: only processes of another user are left, which we could not start.
    return false
  }
}

/** "4711 (a) b) S 1 4700 …": state, parent, process group, behind a name that may hold anything (proc(5)). */
const STAT = /^.*\) (\S) \d+ (\d+) /s

/**
 * Whether anything that runs is left in a process group. What has ended and is only not taken note of, since its parent
 * is gone and PID 1 does not care, counts as ended.
 */
export async function isGroupAlive(pid: number): Promise<boolean> {
  if (!signalGroup(pid, 0)) return false
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await readKernelFiles(pids.map((each) => `/proc/${each}/stat`))
  return stats.some((stat) => {
    const [, state, group] = STAT.exec(stat ?? '') ?? []
    return group === String(pid) && state !== 'Z' && state !== 'X'
  })
}
