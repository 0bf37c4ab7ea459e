/** What all child processes have in common. */
import { readdir } from 'node:fs/promises'
import type { Clock } from '#clock'
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

/** The kernel tells of the end of a child, not of what that one started: looked for after 10 ms, 20 ms … every 2 s. */
const GROUP_LOOK_MS = { min: 10, max: 2_000 } as const

/** Waits until nothing that runs is left in a process group. @param ms so long at most. Default for ever @returns whether it is so */
export async function groupEnd(clock: Clock, pid: number, ms = Number.POSITIVE_INFINITY): Promise<boolean> {
  const dueMs = clock.monotonicMs() + ms
  for (let waitMs: number = GROUP_LOOK_MS.min; await isGroupAlive(pid); waitMs *= 2) {
    const leftMs = dueMs - clock.monotonicMs()
    if (leftMs <= 0) return false
    await clock.sleep(Math.min(waitMs, GROUP_LOOK_MS.max, leftMs))
  }
  return true
}

/** Resolves when a group has ended after all. Whoever cannot look takes it for ended: nobody is held back for ever. */
export function lastOf(clock: Clock, pid: number): Promise<void> {
  return groupEnd(clock, pid).then(
    () => undefined,
    () => undefined,
  )
}
