/** A script as a check: it is run, and its exit code is how it stands. */
import type { AbandonedPlugin } from '#host'
import { unknownFinding, unobserved } from '../../evaluate/index.ts'
import type { CheckContext, CheckDefinition, CheckResult } from '../../types.ts'
import { defineCheck } from '../define.ts'
import { evaluateRun, type Script } from './evaluate.ts'

/** What a script is given of our environment; no other variable is, so no token. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_NAME', 'POD_NAME', 'POD_NAMESPACE', 'POD_IP']
/** The kit's own deadline comes so much later than the script's: what became of that is to be told. */
const AFTER_MS = 2_000

/** A script, and how often it is run. */
export interface ScriptOptions extends Script {
  readonly intervalMs: number
}

/** "BackupStale" → "backup stale" */
function wordsOf(type: string): string {
  return type.replace(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase()
}

async function run(script: Script, { host, signal }: CheckContext<unknown>, keep: (left: AbandonedPlugin) => void) {
  const { path, timeoutMs } = script
  const env = host.root === '' ? {} : { HOST_ROOT: host.root }
  const options = { timeoutMs, signal, inherit: INHERITED, env, killsRest: true }
  const answer = await host.programs.runPlugin(path, [], options)
  signal.throwIfAborted()
  if (answer.kind === 'abandoned' && answer.program.why === 'uninterruptible') keep(answer.program)
  if (answer.kind === 'abandoned' && answer.program.why === 'stranger') answer.program.letGo?.()
  return evaluateRun(script, answer)
}

/** @throws DefinitionError */
export function scriptCheck({ intervalMs, ...script }: ScriptOptions): CheckDefinition<unknown> {
  const { path, condition: type, timeoutMs } = script
  const wellWords = { healthyReason: 'ScriptHealthy', healthyMessage: 'the script says that it is well' }
  return defineCheck({
    type: 'script',
    description: `Runs ${path}, and takes its exit code for how it stands`,
    intervalMs,
    timeoutMs: timeoutMs + AFTER_MS,
    conditions: [{ type, label: wordsOf(type), ...wellWords }],
    create() {
      let left: AbandonedPlugin | undefined
      return async (context): Promise<CheckResult> => {
        // Another beside one that no signal ends would wait where it waits.
        if (left?.isAlive === true) {
          const message = `${path} (pid ${left.pid}) sleeps where no signal reaches it, and is not started beside itself`
          return { findings: [unknownFinding(type, unobserved('ScriptLeftBehind', message))] }
        }
        return { findings: [await run(script, context, (one) => (left = one))] }
      }
    },
  })
}
