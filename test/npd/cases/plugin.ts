/** Monitors that run plug-ins. */
import type { Case, Told, World } from '../types.ts'

const FLAGS = ['--config.custom-plugin-monitor={folder}/monitor.json'] as const
const NTP = { type: 'NTPProblem', reason: 'NTPIsUp', message: 'ntp service is up' } as const

interface PluginCase {
  readonly name: string
  /** The plug-in's lines. */
  readonly script: string
  readonly pluginConfig?: Readonly<Record<string, unknown>>
  readonly rules?: readonly Readonly<Record<string, unknown>>[]
  readonly until?: (told: Told) => boolean
  /** What comes after that. */
  readonly after?: (world: World) => Promise<void>
  readonly more?: Partial<Case>
}

const RULE = { type: 'permanent', condition: 'NTPProblem', reason: 'NTPIsDown', path: '{folder}/check.sh' }

function isTold({ conditions }: Told): boolean {
  return conditions['NTPProblem'] !== undefined
}

function statusIs(status: string): (told: Told) => boolean {
  return ({ conditions }) => conditions['NTPProblem']?.status === status
}

function pluginCase({
  name,
  script,
  pluginConfig = {},
  rules = [RULE],
  until = isTold,
  after,
  more,
}: PluginCase): Case {
  const config = { invoke_interval: '1s', timeout: '900ms', max_output_length: 80, concurrency: 3, ...pluginConfig }
  return {
    name: `plugin: ${name}`,
    flags: FLAGS,
    files: {
      'monitor.json': {
        plugin: 'custom',
        pluginConfig: config,
        source: 'ntp-custom-plugin-monitor',
        conditions: [NTP],
        rules,
      },
      'check.sh': `#!/bin/bash\n${script}\n`,
    },
    async steps(world) {
      await world.until(until)
      await after?.(world)
      await world.pass(1600)
    },
    ...more,
  }
}

/** How often an event is told depends on how long it ran. */
const COUNTED = { 'events.': 1, 'metrics.series.problem_counter': 1 }

/** Cases of plug-ins. */
export function pluginCases(): readonly Case[] {
  return [
    pluginCase({ name: 'one that ends with 0 leaves its condition False', script: 'echo fine; exit 0' }),
    pluginCase({
      name: 'one that ends with 1 sets its condition',
      script: 'echo "NTP is down"; exit 1',
      until: statusIs('True'),
    }),
    pluginCase({
      name: 'one that ends with 2 makes it Unknown',
      script: 'echo "who knows"; exit 2',
      until: statusIs('Unknown'),
    }),
    pluginCase({ name: 'one that is killed makes it Unknown', script: 'kill -9 $$', until: statusIs('Unknown') }),
    pluginCase({
      name: 'output is cut by bytes, white space around it before',
      script: "printf '   %s   ' $(printf 'é%.0s' {1..60}); exit 1",
      until: statusIs('True'),
    }),
    pluginCase({ name: 'no output is an empty message', script: 'exit 1', until: statusIs('True') }),
    pluginCase({
      name: 'what it writes on standard error is no message',
      script: 'echo bad >&2; exit 1',
      until: statusIs('True'),
    }),
    pluginCase({
      name: 'one that takes too long makes it Unknown, with what it wrote',
      script: 'echo begun; sleep 30',
      pluginConfig: { timeout: '300ms', max_output_length: 200 },
      until: statusIs('Unknown'),
    }),
    pluginCase({
      name: 'a rule has a timeout of its own',
      script: 'echo begun; sleep 30',
      pluginConfig: { max_output_length: 200 },
      rules: [{ ...RULE, timeout: '200ms' }],
      until: statusIs('Unknown'),
    }),
    pluginCase({
      name: 'one that recovers is False again, with the reason of the file',
      script: '[ -e {folder}/well ] || { echo "NTP is down"; exit 1; }; echo up',
      until: statusIs('True'),
      async after(world) {
        await world.append('well', 'x')
        await world.until(statusIs('False'))
      },
    }),
    pluginCase({
      name: 'another message changes nothing while the problem lasts',
      script: 'if [ -e {folder}/second ]; then echo second; else echo first; fi; exit 1',
      until: statusIs('True'),
      after: (world) => world.append('second', 'x'),
    }),
    pluginCase({
      name: 'another message is told where the file asks for it',
      script: 'if [ -e {folder}/second ]; then echo second; else echo first; fi; exit 1',
      pluginConfig: { enable_message_change_based_condition_update: true },
      until: statusIs('True'),
      async after(world) {
        await world.append('second', 'x')
        await world.until(({ conditions }) => conditions['NTPProblem']?.message === 'second')
      },
    }),
    pluginCase({
      name: 'a temporary rule makes an event at each run',
      script: 'echo "it is bad"; exit 1',
      rules: [{ type: 'temporary', reason: 'Bad', path: '{folder}/check.sh' }],
      until: ({ events }) => events.some(({ count }) => count >= 2),
      more: { tolerance: COUNTED },
    }),
    pluginCase({
      name: 'arguments are passed as they stand',
      script: 'printf "[%s]" "$@"; exit 1',
      rules: [{ ...RULE, args: ['a b', '$HOME', '', '*'] }],
      until: statusIs('True'),
    }),
    pluginCase({
      name: 'one that cannot be run makes it Unknown',
      script: 'exit 0',
      rules: [{ ...RULE, path: '{folder}/monitor.json' }],
      until: statusIs('Unknown'),
    }),
    pluginCase({
      name: 'without an initial status nothing is told before the first result',
      script: 'sleep 0.5; echo down; exit 1',
      pluginConfig: { skip_initial_status: true, timeout: '10s' },
      until: statusIs('True'),
    }),
    pluginCase({
      name: 'a percent sign in its output is told as it is (B1)',
      script: 'echo "disk 90% full"; exit 1',
      until: statusIs('True'),
      more: { allowed: [{ at: 'events.0.message', by: 'B1' }] },
    }),
  ]
}
