/** A custom-plugin-monitor file with its numbers worked out: what runs when, and for how long. Pure. */
import { parseDuration, quote } from '#golang'
import type { Config } from './config.ts'
import { PluginSettingsError } from './errors.ts'

/** A rule as it is run. */
export interface Rule {
  /** Its place in the file, from 0. */
  readonly index: number
  /** Only exactly "temporary" is one; everything else changes a condition (B17). */
  readonly isTemporary: boolean
  /** Only exactly "permanent" has a gauge before its condition changes. */
  readonly isPermanent: boolean
  readonly condition: string
  readonly reason: string
  readonly path: string
  readonly args: readonly string[]
  /** Not above 0: every run of it fails to start. */
  readonly timeoutMs: number
}

/** Rules that are run together, since they are run as often. */
export interface Group {
  readonly intervalMs: number
  /** As the file has it: "30s". */
  readonly interval: string
  readonly rules: readonly Rule[]
}

/** What a condition says while it is not True. */
export interface DefaultCondition {
  readonly type: string
  readonly reason: string
  readonly message: string
}

/** All of a file. */
export interface Settings {
  readonly path: string
  readonly source: string
  /** In the order of the file. */
  readonly rules: readonly Rule[]
  /** In the order of their first rules. */
  readonly groups: readonly Group[]
  readonly conditions: readonly DefaultCondition[]
  readonly maxOutputBytes: number
  readonly concurrency: number
  readonly updatesOnMessage: boolean
  readonly skipsInitialStatus: boolean
  readonly reportsMetrics: boolean
}

const NANOSECONDS_OF_MS = 1e6

type ConfigRule = Config['rules'][number]

function durationOf(text: string, key: string): bigint {
  try {
    return parseDuration(text)
  } catch (err) {
    throw new PluginSettingsError(`cannot read ${key} ${quote(text)}: ${(err as Error).message}`, err)
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / NANOSECONDS_OF_MS
}

/** A number that node-problem-detector does not look at, and then hangs or panics by. */
function atLeast(least: number, value: number, key: string): number {
  if (value < least) throw new PluginSettingsError(`pluginConfig.${key} is ${value}; it has to be ${least} or more`)
  return value
}

function ruleOf(rule: ConfigRule, index: number, timeout: bigint): Rule {
  const own = rule.timeout === '' ? timeout : durationOf(rule.timeout, `rules[${index}].timeout`)
  if (own > timeout) {
    const why = `is more than that of all rules (pluginConfig.timeout)`
    throw new PluginSettingsError(`rules[${index}].timeout ${quote(rule.timeout)} ${why}`)
  }
  return {
    index,
    isTemporary: rule.type === 'temporary',
    isPermanent: rule.type === 'permanent',
    condition: rule.condition,
    reason: rule.reason,
    path: rule.path,
    args: rule.args,
    timeoutMs: milliseconds(own),
  }
}

/** By what their intervals are, however they are written. */
function groupsOf(config: Config, rules: readonly Rule[]): readonly Group[] {
  const all = config.pluginConfig.invoke_interval
  const groups = new Map<bigint, { interval: string; rules: Rule[] }>()
  for (const rule of rules) {
    const own = config.rules[rule.index]?.invoke_interval ?? ''
    const [text, key] =
      own === '' ? [all, 'pluginConfig.invoke_interval'] : [own, `rules[${rule.index}].invoke_interval`]
    const interval = durationOf(text, key)
    if (interval <= 0n) throw new PluginSettingsError(`${key} ${quote(text)} is not more than nothing`)
    const group = groups.get(interval) ?? { interval: text, rules: [] }
    group.rules.push(rule)
    groups.set(interval, group)
  }
  return [...groups].map(([interval, group]) => ({ ...group, intervalMs: milliseconds(interval) }))
}

/** @throws PluginSettingsError with the key and what is wrong with it */
export function settingsOf(config: Config): Settings {
  const { pluginConfig, conditions } = config
  const timeout = durationOf(pluginConfig.timeout, 'pluginConfig.timeout')
  const interval = durationOf(pluginConfig.invoke_interval, 'pluginConfig.invoke_interval')
  if (interval <= 0n) {
    throw new PluginSettingsError(
      `pluginConfig.invoke_interval ${quote(pluginConfig.invoke_interval)} is not more than nothing`,
    )
  }
  const rules = config.rules.map((rule, index) => ruleOf(rule, index, timeout))
  const homeless = rules.find((rule) => rule.isPermanent && !conditions.some(({ type }) => type === rule.condition))
  if (homeless !== undefined) {
    const { index, condition } = homeless
    throw new PluginSettingsError(`rules[${index}].condition ${quote(condition)} is none of conditions[].type`)
  }
  return {
    path: config.path,
    source: config.source,
    rules,
    groups: groupsOf(config, rules),
    conditions,
    maxOutputBytes: atLeast(0, pluginConfig.max_output_length, 'max_output_length'),
    concurrency: atLeast(1, pluginConfig.concurrency, 'concurrency'),
    updatesOnMessage: pluginConfig.enable_message_change_based_condition_update,
    skipsInitialStatus: pluginConfig.skip_initial_status,
    reportsMetrics: config.metricsReporting,
  }
}
