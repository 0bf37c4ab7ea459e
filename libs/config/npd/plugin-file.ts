/** A file of NPD's custom plugin monitor as the configuration of the check npd-plugin. */
import { formatDuration } from '#golang'
import { checkConditions, checkRuleCount, checkRuleType, unlisted } from './checks.ts'
import { checkDuration, shown } from './durations.ts'
import type { Condition, PluginFile, PluginRule } from './files.ts'
import type { NpdConfig } from './kinds.ts'
import { neverTells } from './lints.ts'
import type { Reading } from './reading.ts'
import { itemsOf } from './shapes.ts'

/** The configuration; it counts only where the reading has no faults. */
export function pluginConfig(file: PluginFile, reading: Reading): NpdConfig {
  if (file.plugin !== 'custom')
    reading.fault(
      'plugin',
      `${file.plugin === '' ? 'missing' : `there is no plugin ${shown(file.plugin)} of this kind`}; expected "custom"`,
    )
  const conditions = itemsOf(file.conditions)
  const global = globalConfig(file, reading)
  checkConditions(reading, conditions)
  const written = itemsOf(file.rules)
  if (checkRuleCount(reading, written.length))
    written.forEach((rule, index) => {
      const key = `rules[${index}]`
      if (rule === undefined) reading.fault(key, 'is null; expected a rule')
      else checkRule(rule, key, { conditions, timeout: global.timeoutNs, reading })
    })
  return {
    pluginConfig: global.config,
    source: file.source,
    metricsReporting: file.metricsReporting ?? true,
    conditions: conditions.map(({ type, reason, message }) => ({ type, reason, message })),
    rules: written.filter((rule) => rule !== undefined).map(ruleConfig),
  }
}

function ruleConfig({ args, timeout = '', invoke_interval = '', ...rule }: PluginRule): NpdConfig {
  return { ...rule, args: itemsOf(args), timeout, invoke_interval }
}

function globalConfig({ pluginConfig: written }: PluginFile, reading: Reading) {
  const at = (name: string) => `pluginConfig.${name}`
  const { invoke_interval = '30s', timeout = '5s', max_output_length = 80, concurrency = 3 } = written
  const timeoutNs = checkDuration(reading, at('timeout'), timeout)
  if (timeoutNs !== undefined && timeoutNs <= 0n)
    reading.warn(at('timeout'), `${shown(timeout)} is no time; every run is at its end before it begins`)
  checkInterval(reading, at('invoke_interval'), invoke_interval)
  if (max_output_length < 0)
    reading.fault(
      at('max_output_length'),
      `${max_output_length} bytes are less than none; expected a whole number from 0 on`,
    )
  if (concurrency < 1)
    reading.fault(
      at('concurrency'),
      `of ${concurrency} at a time none would ever run; expected a whole number from 1 on`,
    )
  const bounded = (value: number) => Math.min(value, Number.MAX_SAFE_INTEGER)
  return {
    timeoutNs,
    config: {
      invoke_interval,
      timeout,
      max_output_length: bounded(max_output_length),
      concurrency: bounded(concurrency),
      enable_message_change_based_condition_update: written.enable_message_change_based_condition_update ?? false,
      skip_initial_status: written.skip_initial_status ?? false,
    },
  }
}

function checkInterval(reading: Reading, key: string, value: string): void {
  const interval = checkDuration(reading, key, value)
  if (interval !== undefined && interval <= 0n)
    reading.fault(key, `${shown(value)} is not a time from one run to the next; expected more than "0s"`)
}

interface Known {
  readonly conditions: readonly Condition[]
  /** Of all rules, in nanoseconds; undefined where it is no duration. */
  readonly timeout: bigint | undefined
  readonly reading: Reading
}

function checkRule(rule: PluginRule, key: string, { conditions, timeout: global, reading }: Known): void {
  checkRuleType(reading, `${key}.type`, rule.type)
  if (rule.type !== 'temporary' && !conditions.some(({ type }) => type === rule.condition)) {
    const text = unlisted(rule.condition, conditions)
    if (rule.type === 'permanent') reading.fault(`${key}.condition`, text)
    else reading.warn(`${key}.condition`, `${text}; without it the rule says nothing`)
  }
  if (rule.timeout !== undefined) {
    const own = checkDuration(reading, `${key}.timeout`, rule.timeout)
    if (own !== undefined && global !== undefined && own > global)
      reading.fault(
        `${key}.timeout`,
        `${shown(rule.timeout)} is longer than pluginConfig.timeout; expected at most "${formatDuration(global)}"`,
      )
  }
  if (rule.invoke_interval !== undefined) checkInterval(reading, `${key}.invoke_interval`, rule.invoke_interval)
  if (neverTells(rule.path))
    reading.warn(
      `${key}.path`,
      `${shown(rule.path)} as NPD ships it prints what it found and ends with 0 all the same: it never tells anything`,
    )
}
