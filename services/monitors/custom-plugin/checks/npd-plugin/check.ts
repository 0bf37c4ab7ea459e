/**
 * A custom-plugin-monitor file of node-problem-detector: its programs, run as that runs them, and its conditions, events and
 * metrics, word by word.
 */
import { aborted } from '#clock'
import type { PluginAnswer } from '#host'
import { hashText, type MetricSample } from '#model'
import {
  type CheckContext,
  type CheckResult,
  type ClearedWord,
  defineCheck,
  type Follow,
  type RunCheck,
} from '#monitor-kit'
import { createProblemMetrics, PROBLEM_METRICS } from '#npd-words'
import { createLeftBehinds, leftBehindText } from '../../programs/left-behind.ts'
import { createPluginLog } from '../../programs/plugin-log.ts'
import { type RunProgram, runProgramOf } from '../../programs/run-program.ts'
import { type ConditionState, initialCondition, initialConditions, judge } from './conditions.ts'
import type { Config } from './config.ts'
import { cursorOf, recalledConditions } from './cursor.ts'
import { declarationOf } from './declare.ts'
import { outcomeOf } from './outcome.ts'
import { noteResult } from './problem-metrics.ts'
import { createRounds, type LateGroup } from './rounds.ts'
import { type Rule, settingsOf } from './settings.ts'
import { happeningOf, toldOf } from './told.ts'

const LEFT_BEHIND = 'npd_plugin_left_behind_total'

type Around = Omit<CheckContext<Config>, 'signal'>

/** Not a run of it, when its time is over before it begins. */
function runOf(program: RunProgram, rule: Rule, signal: AbortSignal): Promise<PluginAnswer> {
  return program(rule.path, rule.args, { timeoutMs: rule.timeoutMs, signal })
}

function lateText({ group, sinceMs, running }: LateGroup): string {
  const seconds = Math.round(sinceMs / 1000)
  const still = running.length === 0 ? '' : ` (${running.map(({ path }) => path).join(', ')} still runs)`
  const advice = 'give them less time, a longer invoke_interval, or more concurrency'
  return `rules of every ${group.interval} were begun ${seconds} s ago and have not ended${still}: ${advice}`
}

/** One file at work. */
function createPlugins(around: Around): RunCheck<Config> {
  const { config, clock, log, host } = around
  const settings = settingsOf(config)
  const metrics = createProblemMetrics(settings.rules)
  const left = createLeftBehinds<Rule>({ clock, log })
  const logAnswer = createPluginLog<Rule>(log)
  const program = runProgramOf({ host, clock })
  let conditions = initialConditions(settings.conditions, clock.now())
  let tellResult: ((rule: Rule, answer: PluginAnswer) => Promise<void>) | undefined

  function samples(): MetricSample[] {
    const own = { name: LEFT_BEHIND, labels: {}, value: left.count }
    return [...(settings.reportsMetrics ? metrics.samples() : []), own]
  }
  const withMetrics = (said: CheckResult): CheckResult => ({ ...said, metrics: samples() })

  /** What an answer makes of the conditions, at once; what is told of that. */
  function taken(rule: Rule, answer: PluginAnswer): CheckResult {
    const at = clock.now()
    const judged = judge(conditions, rule, outcomeOf(answer, rule.path, settings.maxOutputBytes), settings, at)
    conditions = judged.conditions
    noteResult(metrics, judged.event, conditions)
    // A path may be longer than a key.
    const key = `${hashText(settings.path)} ${rule.index} ${at.getTime()}`
    return withMetrics(toldOf(conditions, judged.event && happeningOf(judged.event, settings.source, key)))
  }

  const rounds = createRounds({
    settings,
    clock,
    mayRun: (rule) => !left.isThere(rule),
    async run(rule, signal) {
      const answer = await runOf(program, rule, signal)
      logAnswer(rule, rule.path, answer)
      if (answer.kind === 'abandoned') left.note(rule, rule.path, answer.program)
      // What was called off says nothing.
      signal.throwIfAborted()
      return async () => tellResult?.(rule, answer)
    },
  })

  const follow: Follow<Config> = async ({ cursor, following }, tell, signal) => {
    conditions = recalledConditions(cursor, settings.conditions, clock.now()) ?? conditions
    if (!settings.skipsInitialStatus) await tell(withMetrics(toldOf(conditions)))
    following()
    tellResult = (rule, answer) => {
      const said = taken(rule, answer)
      return tell(said, { cursor: cursorOf(conditions) })
    }
    await rounds.live(signal)
    await aborted(signal)
  }

  /** A person's word: it begins anew, and the next run says what is so. */
  function cleared({ type }: ClearedWord): void {
    conditions = conditions.map((one, index): ConditionState => {
      const usual = settings.conditions[index]
      return one.type === type && usual !== undefined ? initialCondition(usual, clock.now()) : one
    })
  }

  function turn(): Promise<CheckResult> {
    const faults = [...rounds.late().map(lateText), ...left.all().map(leftBehindText)]
    const said = { ...withMetrics({ findings: [] }), partial: true }
    return Promise.resolve(
      faults.length === 0 ? said : { ...said, incomplete: `${settings.path}: ${faults.join('; ')}` },
    )
  }

  return Object.assign(turn, { follow, cleared })
}

export const npdPlugin = defineCheck<Config>({
  type: 'npd-plugin',
  description:
    'A custom-plugin-monitor file of node-problem-detector: programs that say by their exit code how it stands',
  intervalMs: 30_000,
  timeoutMs: 5_000,
  instances: 'many',
  conditions: [],
  typesFrom: ['conditions[].type'],
  declare: declarationOf,
  metrics: [
    ...PROBLEM_METRICS,
    {
      name: LEFT_BEHIND,
      help: 'Runs of a plug-in that could not be ended at their deadline, and were left behind',
      kind: 'counter',
      unit: '',
    },
  ],
  create: createPlugins,
})
