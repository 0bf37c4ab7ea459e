/** Disks that lsblk lists. */
import { HostExecError, type RunResult } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import type { Around } from './types.ts'

/** What lies on no other device: without partitions, without headings, names alone. */
const ARGUMENTS = ['-d', '-n', '-o', 'NAME'] as const

function namesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function readingOf(
  { timedOut, exitCode, signal, stdout, stderr }: RunResult,
  timeoutMs: number,
): Reading<readonly string[]> {
  if (timedOut) return unobserved('ReadTimedOut', `lsblk has not ended within ${timeoutMs} ms`)
  if (exitCode === 0) return observed(namesIn(stdout))
  const how = exitCode === null ? `by ${signal}` : `with ${exitCode}`
  return unobserved('ReadFailed', `lsblk ended ${how}: ${stderr.trim()}`)
}

/** Names of disks, or why there are none. One that cannot be ended is left behind, and none is started beside it. */
export type Lsblk = (around: Around) => Promise<Reading<readonly string[]>>

/** Runs nothing yet. */
export function createLsblk(): Lsblk {
  let isLeftBehind = false

  function onAbandoned(ended: Promise<void>): void {
    isLeftBehind = true
    void ended.then(() => {
      isLeftBehind = false
    })
  }

  return async ({ host, plan, answerMs, signal }) => {
    if (isLeftBehind)
      return unobserved('ReadTimedOut', 'an lsblk that was started before cannot be ended; look at its disk')
    const timeoutMs = Math.min(plan.lsblkTimeoutMs, answerMs)
    try {
      const options = { timeoutMs, signal, killAtOnce: true, onAbandoned }
      return readingOf(await host.programs.run('lsblk', ARGUMENTS, options), timeoutMs)
    } catch (error) {
      if (error instanceof HostExecError) return unobserved('SourceMissing', error.message)
      throw error
    }
  }
}
