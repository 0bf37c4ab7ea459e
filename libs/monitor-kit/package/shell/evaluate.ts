/** What one run of a script says of its condition. Pure. */
import type { PluginAnswer } from '#host'
import { cleanText } from '#model'
import { type Judged, judgedFinding, unknownFinding, unobserved } from '../../evaluate/index.ts'
import type { Finding } from '../../types.ts'

/** So much of a line is told. */
const LINE_MAX = 1_024

/** Whose run it is. */
export interface Script {
  readonly path: string
  readonly condition: string
  readonly timeoutMs: number
}

/** Exit codes that say something of the node; every other one says that nobody knows. */
const VERDICTS: Readonly<Record<number, Exclude<Judged['verdict'], 'pending'>>> = {
  0: 'healthy',
  1: 'warning',
  2: 'critical',
}

/** What it printed, in its first line that is not empty. */
function saidIn(output: Buffer): string {
  const line = output
    .toString('utf8')
    .split('\n')
    .find((one) => one.trim() !== '')
  return cleanText(line?.trim() ?? '', LINE_MAX)
}

/** What a run says. */
export function evaluateRun({ path, condition: type, timeoutMs }: Script, answer: PluginAnswer): Finding {
  const unknown = (reason: string, message: string) => unknownFinding(type, unobserved(reason, message))
  if (answer.kind === 'not-started') return unknown('ScriptNotStarted', answer.error.message)
  const { exitCode, signal, timedOut, stdout, stderr } = answer.result
  if (timedOut) return unknown('ScriptTimedOut', `${path} did not end within ${timeoutMs} ms and was killed`)
  const verdict = exitCode === null ? undefined : VERDICTS[exitCode]
  const said = saidIn(stdout)
  if (verdict === undefined) {
    const how = exitCode === null ? `was ended by ${signal ?? 'nobody knows what'}` : `ended with ${exitCode}`
    return unknown('ScriptUnknown', `${path} ${how}: ${said || saidIn(stderr) || 'it says nothing'}`)
  }
  const message = said || `${path} ended with ${exitCode} and says nothing`
  return judgedFinding({
    type,
    verdict,
    healthyReason: 'ScriptHealthy',
    warningReason: 'ScriptWarning',
    criticalReason: 'ScriptCritical',
    message,
    summary: message,
  })
}
