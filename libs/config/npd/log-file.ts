/** A file of NPD's system log monitor as the configuration of the check npd-log. */
import { expectation } from '../nearest.ts'
import { checkConditions, checkPattern, checkRuleCount, checkRuleType, unlisted } from './checks.ts'
import { checkDuration, shown } from './durations.ts'
import type { LogFile, LogRule } from './files.ts'
import type { NpdConfig } from './kinds.ts'
import { isNeverMatched, openBranch } from './lints.ts'
import type { Reading } from './reading.ts'
import { itemsOf } from './shapes.ts'

const PLUGINS = ['filelog', 'journald', 'kmsg'] as const
/** Each rule is held against all lines of it. */
const BUFFER_MAX = 1_000_000

interface RecoverRule {
  readonly match?: string | undefined
  readonly absentFor?: string | undefined
  readonly reboot?: boolean | undefined
}

/** Of `npd.recover`; `absentFor` as Go writes it. */
export type Recover = Readonly<Record<string, RecoverRule>>

/** Under which key of `npd` files of other kinds are named, by what they say of `plugin`. */
const OTHER_KINDS = new Map([
  ['custom', 'customPluginMonitors'],
  ['external', 'externalMonitors'],
])

/** Whether it is a file of another kind, which is said then, and nothing else of it. */
export function isOtherKind({ plugin }: LogFile, reading: Reading): boolean {
  const list = OTHER_KINDS.get(plugin)
  if (list === undefined) return false
  reading.only('plugin', `"${plugin}" is what a file of npd.${list} has; expected one of "filelog", "journald", "kmsg"`)
  return true
}

/** The configuration; it counts only where the reading has no faults. */
export function logConfig(file: LogFile, reading: Reading, recover: Recover): NpdConfig {
  const [conditions, rules] = [itemsOf(file.conditions), itemsOf(file.rules)]
  const [lookback, delay] = [file.lookback === '' ? '0' : file.lookback, file.delay === '' ? '0' : file.delay]
  checkPlugin(file, reading)
  checkDuration(reading, 'lookback', lookback)
  checkDuration(reading, 'delay', delay)
  const bufferSize = file.bufferSize === 0 ? 10 : file.bufferSize
  if (bufferSize < 1 || bufferSize > BUFFER_MAX)
    reading.fault('bufferSize', `${bufferSize} lines cannot be kept; expected a whole number from 1 to ${BUFFER_MAX}`)
  checkConditions(reading, conditions)
  if (checkRuleCount(reading, rules.length))
    for (const [index, rule] of rules.entries()) checkRule(rule, `rules[${index}]`, file, reading)
  const types = new Set(conditions.map(({ type }) => type))
  return {
    plugin: file.plugin,
    pluginConfig: Object.fromEntries(file.pluginConfig),
    logPath: file.logPath,
    lookback,
    delay,
    skipList: itemsOf(file.skipList),
    bufferSize,
    source: file.source,
    metricsReporting: file.metricsReporting ?? true,
    conditions: conditions.map(({ type, reason, message }) => ({ type, reason, message })),
    rules,
    recover: Object.fromEntries(Object.entries(recover).filter(([type]) => types.has(type))),
  }
}

function checkPlugin(file: LogFile, reading: Reading): void {
  const { plugin, logPath } = file
  if (plugin === '') reading.fault('plugin', 'missing; expected one of "filelog", "journald", "kmsg"')
  else if (!PLUGINS.some((one) => one === plugin))
    reading.fault('plugin', `there is no plugin ${shown(plugin)}; ${expectation(plugin, PLUGINS)}`)
  if (plugin === 'filelog' && logPath === '')
    reading.fault('logPath', 'missing; expected the path of the log, such as "/var/log/messages"')
  if (plugin === 'filelog') checkTranslation(file, reading)
  if (plugin === 'journald' && (file.pluginConfig.get('source') ?? '') === '')
    reading.fault('pluginConfig.source', 'missing; expected the identifier whose lines are read, such as "kubelet"')
}

/** How a line of a file becomes its time and its message. */
function checkTranslation({ pluginConfig }: LogFile, reading: Reading): void {
  for (const name of ['timestamp', 'message', 'timestampFormat']) {
    const key = `pluginConfig.${name}`
    const value = pluginConfig.get(name) ?? ''
    if (value === '') reading.warn(key, 'missing; without it no line has a time and a message as they are written')
    else if (name !== 'timestampFormat') checkPattern(reading, key, value)
  }
}

function checkRule(rule: LogRule, key: string, file: LogFile, reading: Reading): void {
  checkRuleType(reading, `${key}.type`, rule.type)
  const conditions = itemsOf(file.conditions)
  if (rule.type !== 'temporary' && !conditions.some(({ type }) => type === rule.condition))
    reading.warn(`${key}.condition`, `${unlisted(rule.condition, conditions)}; without it the rule says nothing`)
  if (!checkPattern(reading, `${key}.pattern`, rule.pattern)) return
  const open = openBranch(rule.pattern)
  if (open !== undefined)
    reading.warn(
      `${key}.pattern`,
      `${shown(open)} stands before a "|" outside of all groups, so it is not held to the end of the newest line and is found again in older ones; expected the branches in a group: (?:a|b)`,
    )
  const isCut = file.plugin === 'filelog' && isNeverMatched(file.pluginConfig.get('message') ?? '', rule.pattern)
  if (isCut)
    reading.warn(`${key}.pattern`, 'never matches: pluginConfig.message leaves nothing of the line before these words')
}
