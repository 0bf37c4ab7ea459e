/** What all child processes have in common. */

/** PATH and the C locale (numbers and words as parsers expect them); nothing of our own environment else. */
export function baseEnvironment(): Record<string, string> {
  const path = process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return { PATH: path, LC_ALL: 'C' }
}

/** Signals a whole process group. false when there is none any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    // ESRCH: all have ended. EPERM: only processes of another user are left, which we could not start.
    return false
  }
}
