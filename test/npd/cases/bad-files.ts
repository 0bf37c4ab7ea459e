/** Files and flags that are refused. What is written about it is for people, and compared by nobody. */
import type { Case } from '../types.ts'
import { DEADLOCK, PLUGIN } from './log-lines.ts'

const LOG = ['--config.system-log-monitor={folder}/monitor.json'] as const
const CUSTOM = ['--config.custom-plugin-monitor={folder}/monitor.json'] as const

function bad(name: string, flags: readonly string[], content?: unknown): Case {
  const files = content === undefined ? {} : { 'monitor.json': content }
  return { name: `refused: ${name}`, flags, files: { ...files, 'kern.log': '', 'check.sh': '#!/bin/sh\n' } }
}

const RULES = { conditions: [DEADLOCK], rules: [{ type: 'temporary', reason: 'A', pattern: 'a' }] }
const PLUGIN_RULE = { type: 'permanent', condition: 'KernelDeadlock', reason: 'Bad', path: '{folder}/check.sh' }

function custom(more: Readonly<Record<string, unknown>>, rule: Readonly<Record<string, unknown>> = PLUGIN_RULE) {
  const pluginConfig = { invoke_interval: '1s', timeout: '500ms' }
  return { plugin: 'custom', pluginConfig, source: 's', conditions: [DEADLOCK], rules: [rule], ...more }
}

/** Each is the only file of its program, so that all files are bad. */
export function badFileCases(): readonly Case[] {
  return [
    bad('no file of any monitor', []),
    bad('a file that is not there', LOG),
    bad('no JSON', LOG, '{'),
    bad('a comment in JSON', LOG, '{} // empty\n'),
    bad('a number where a text is expected', LOG, { ...PLUGIN, ...RULES, source: 5 }),
    bad('a plug-in that nobody knows', LOG, { ...PLUGIN, ...RULES, plugin: 'syslog' }),
    bad('a pattern that is none', LOG, {
      ...PLUGIN,
      ...RULES,
      rules: [{ type: 'temporary', reason: 'A', pattern: '(?=a)' }],
    }),
    bad('a lookback that is no duration', LOG, { ...PLUGIN, ...RULES, lookback: '1d' }),
    bad('a timeout that is no duration', CUSTOM, custom({ pluginConfig: { invoke_interval: '1s', timeout: '5' } })),
    bad('a plug-in’s file that is another kind', CUSTOM, custom({ plugin: 'filelog' })),
    {
      ...bad('an interval of nothing', CUSTOM, custom({ pluginConfig: { invoke_interval: '0s', timeout: '1s' } })),
      // That one panics when it makes its ticker.
      allowed: [{ at: 'exit', by: 'newer' }],
    },
    bad('a rule’s timeout beyond that of all', CUSTOM, custom({}, { ...PLUGIN_RULE, timeout: '2s' })),
    bad('a script that is not there', CUSTOM, custom({}, { ...PLUGIN_RULE, path: '{folder}/none.sh' })),
    bad('a condition that is not listed', CUSTOM, custom({}, { ...PLUGIN_RULE, condition: 'Other' })),
    bad('a flag that nobody knows', ['--no-such-flag']),
    bad('a flag whose value is none', ['--port=many']),
    { ...bad('the version is asked for', ['--version']), allowed: [] },
  ]
}
