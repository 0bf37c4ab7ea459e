/** Asks for what is not to be begun any more: it was called off, told to be lost, or waited too long in the plug-in's socket. */
import { createHost } from '#host'
import { ActionRunnerService } from '#proto/nodedoctor/v1/action.ts'
import type { Line } from '../line.ts'
import { listenerOf } from './listener.ts'
import { newAttempt, run } from './run.ts'
import type { HeardRun, LateRuns } from './types.ts'

/** What a plug-in that is stopped for so long is asked meanwhile is given up before it goes on. */
const STOPPED_MS = 400
/** What came before is read within so long of its going on. */
const READ_MS = 200
/** So long before now a run had to begin that is overdue. */
const OVERDUE_MS = 10_000
/** That had to begin within so long. */
const BEGIN_WITHIN_MS = 200

/** Sends a signal. @returns false: it may not, or there is no such process */
function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Asks for a run while the plug-in is stopped, gives it up, and lets the plug-in go on. @returns false: it cannot be stopped */
async function giveUpStopped(line: Line, pid: number, wish: { readonly attempt: string; readonly name: string }) {
  const { clock } = line
  const off = new AbortController()
  if (!send(pid, 'SIGSTOP')) return false
  try {
    const beginByMs = Math.ceil(clock.monotonicMs() + BEGIN_WITHIN_MS)
    const given = run(line, { ...wish, beginByMs, callOff: off.signal })
    await clock.sleep(STOPPED_MS)
    off.abort()
    await given
  } finally {
    send(pid, 'SIGCONT')
  }
  return true
}

/** What became of it, told to whoever joins it. */
async function frozenRun(line: Line, socket: string, name: string): Promise<HeardRun | undefined> {
  const pid = await listenerOf(createHost({ root: '' }).files, socket)
  const attempt = newAttempt()
  if (pid === undefined || !(await giveUpStopped(line, pid, { attempt, name }))) return undefined
  await line.clock.sleep(READ_MS)
  return run(line, { attempt, name, join: true })
}

/** An attempt each. */
export async function askLate(line: Line, socket: string, name: string): Promise<LateRuns> {
  const [off, lost] = [newAttempt(), newAttempt()]
  await line.ask(ActionRunnerService.cancel, { attempt: off })
  const calledOff = await run(line, { attempt: off, name })
  await run(line, { attempt: lost, name, join: true })
  const disowned = await run(line, { attempt: lost, name })
  const beginByMs = Math.max(1, Math.floor(line.clock.monotonicMs() - OVERDUE_MS))
  const overdue = await run(line, { attempt: newAttempt(), name, beginByMs })
  return { calledOff, disowned, overdue, frozen: await frozenRun(line, socket, name) }
}
