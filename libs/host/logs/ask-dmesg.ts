/** The kernel's log as dmesg tells it: what it says, or why it does not. */
import { HostExecError, HostReadError } from '../errors.ts'
import type { Programs, RunBytes } from '../programs/types.ts'

/** The largest buffer that a kernel is usually given. */
const DMESG_BYTES = 16_777_216
const TIMEOUT_MS = 10_000

function failed(detail: string, cause?: unknown): HostReadError {
  return new HostReadError({ action: 'ask', path: 'dmesg', code: 'DMESG_FAILED', detail, cause })
}

/** Why what it said is not the log; undefined: it is. */
function whyNot({ exitCode, signal, timedOut, truncated, stderr }: RunBytes): string | undefined {
  if (timedOut) return `it has not ended within ${TIMEOUT_MS / 1000} s`
  if (truncated) return `the log has more than ${DMESG_BYTES} bytes`
  if (exitCode === 0) return undefined
  const [said = ''] = stderr.toString().trim().split('\n')
  const end = exitCode === null ? `it ended with ${signal}` : `exit code ${exitCode}`
  return said === '' ? end : `${end}: ${said}`
}

/** The log's lines, the oldest first; why they are not to be had, which is not thrown. */
export async function askDmesg(programs: Programs, signal: AbortSignal): Promise<readonly string[] | HostReadError> {
  try {
    const options = { timeoutMs: TIMEOUT_MS, maxOutputBytes: DMESG_BYTES, signal }
    const result = await programs.runBytes('dmesg', ['-S', '-r'], options)
    const why = whyNot(result)
    return why === undefined ? result.stdout.toString('latin1').split('\n').slice(0, -1) : failed(why)
  } catch (error) {
    if (error instanceof HostExecError) return failed(error.message, error)
    if (signal.aborted) return failed('nobody waits for it any more', error)
    throw error
  }
}
