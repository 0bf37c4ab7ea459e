/** `custom-plugin`: a program of yours, as one condition. */
import { parseDuration } from '#golang'
import type { PluginAnswer } from '#host'
import { type CheckContext, type CheckResult, createLook, defineCheck } from '#monitor-kit'
import { NO_STREAK, type Streak } from '#monitor-kit/evaluate'
import { createLeftBehinds, type LeftBehinds, leftBehindText } from '../../programs/left-behind.ts'
import { createPluginLog, type LogAnswer } from '../../programs/plugin-log.ts'
import { type RunProgram, runProgramOf } from '../../programs/run-program.ts'
import type { Config } from './config.ts'
import { evaluatePlugin, type Run, type RunLimit, TYPE, VALUE } from './evaluate.ts'

const LEFT_BEHIND = 'custom_plugin_left_behind_total'
const OUTPUT_BYTES = 1_048_576
const NANOSECONDS_OF_MS = 1e6
/** So long before the check's own deadline a run ends, at the latest: what became of it is to be told within that. */
const AHEAD_MS = 1_000

/** How long a run may take. */
interface Limit {
  readonly timeoutMs: number
  readonly limit: RunLimit
}

/** As its key says, and never as long as the check itself. */
function limitOf({ apiTimeout }: Config, checkTimeoutMs: number): Limit {
  const ownMs = Number(parseDuration(apiTimeout)) / NANOSECONDS_OF_MS
  const mostMs = Math.max(checkTimeoutMs - AHEAD_MS, checkTimeoutMs / 2)
  return ownMs <= mostMs
    ? { timeoutMs: ownMs, limit: 'apiTimeout' }
    : { timeoutMs: mostMs, limit: 'the timeout of its check' }
}

function runOf(answer: PluginAnswer, { timeoutMs: afterMs, limit }: Limit): Run {
  if (answer.kind === 'not-started') return { kind: 'not-started', text: answer.error.message }
  if (answer.result.timedOut) return { kind: 'late', afterMs, limit }
  const { exitCode, signal, stdout } = answer.result
  const text = stdout.toString('utf8')
  if (exitCode === null) return { kind: 'killed', by: signal ?? 'nobody knows what', text }
  return { kind: 'ended', exitCode, text }
}

/** What its runs are made with. */
interface Parts {
  readonly program: RunProgram
  readonly left: LeftBehinds<'it'>
  readonly logAnswer: LogAnswer<'it'>
  readonly limit: Limit
}

async function runPlugin(
  { program, left, logAnswer, limit }: Parts,
  { config, signal }: CheckContext<Config>,
): Promise<Run> {
  // Who left its group is none of its runs: he may stay for ever, and what it finds meanwhile is to be told.
  const there = left.all().find(({ why }) => why === 'uninterruptible')
  if (there !== undefined) return { kind: 'left', text: leftBehindText(there) }
  const { pluginPath: path, args, env, inheritEnv: inherit } = config
  const options = { timeoutMs: limit.timeoutMs, signal, inherit, env, maxOutputBytes: OUTPUT_BYTES, killsRest: true }
  const answer = await program(path, args, options)
  logAnswer('it', path, answer)
  if (answer.kind === 'abandoned') left.note('it', path, answer.program)
  signal.throwIfAborted()
  return runOf(answer, limit)
}

async function look(
  parts: Parts,
  context: CheckContext<Config>,
  before: Streak,
): Promise<CheckResult & { memory: Streak }> {
  const run = await runPlugin(parts, context)
  const { streak, finding, metrics } = evaluatePlugin(run, context, before)
  const own = { name: LEFT_BEHIND, labels: { plugin: context.name }, value: parts.left.count }
  return { findings: [finding], metrics: [...metrics, own], memory: streak }
}

export const customPlugin = defineCheck<Config>({
  type: 'custom-plugin',
  description: 'Runs a program of yours, and takes its exit code and what it prints for how it stands',
  intervalMs: 60_000,
  timeoutMs: 30_000,
  instances: 'many',
  conditions: [
    {
      type: TYPE,
      description: 'A plug-in says that there is a problem',
      label: 'plug-in {entity}',
      healthyReason: 'PluginHealthy',
      healthyMessage: 'the plug-in says that it is well',
      recoveryText: '2 checks in a row find it well',
      source: 'exit code and output of pluginPath',
      warning: 'exit code 1, or a status of warning',
      critical: 'exit code 2, or a status of critical',
      sustained: '3 checks in a row (failureThreshold)',
    },
  ],
  metrics: [
    { name: VALUE, help: 'What a plug-in measured, by plug-in, name and unit', kind: 'gauge', unit: '' },
    {
      name: LEFT_BEHIND,
      help: 'Runs of a plug-in that could not be ended, or left somebody who cannot, or holds its output',
      kind: 'counter',
      unit: '',
    },
  ],
  create({ memory, config, timeoutMs, clock, log, host }) {
    const parts: Parts = {
      program: runProgramOf({ host, clock }),
      left: createLeftBehinds({ clock, log }),
      logAnswer: createPluginLog(log),
      limit: limitOf(config, timeoutMs),
    }
    return createLook<Config, Streak>(memory, {
      first: NO_STREAK,
      look: (context, before) => look(parts, context, before),
      clear: (streak, { type }) => (type === TYPE ? NO_STREAK : streak),
    })
  },
})
