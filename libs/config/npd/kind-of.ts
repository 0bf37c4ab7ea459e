/** Which kind of file it is, by what stands in it. */
import type { JsonNode } from './json.ts'
import type { NpdKind } from './kinds.ts'
import { matchesKey } from './shapes.ts'

const STATS_KEYS = ['invokeInterval', 'procPath', 'cpu', 'disk', 'host', 'memory', 'osFeature', 'net'] as const
const RULE_KEYS = [
  'rules',
  'conditions',
  'pluginConfig',
  'bufferSize',
  'logPath',
  'lookback',
  'delay',
  'skipList',
] as const

/** By the value of `plugin`. */
const KIND_OF_PLUGIN: ReadonlyMap<string, NpdKind> = new Map([
  ['filelog', 'log'],
  ['journald', 'log'],
  ['kmsg', 'log'],
  ['custom', 'plugin'],
  ['external', 'external'],
])

/** Undefined where no key of any kind stands in it. */
export function kindOf(root: JsonNode): NpdKind | undefined {
  if (root.kind !== 'object') return undefined
  const has = (names: readonly string[]) => root.members.some(({ key }) => matchesKey(key, names))
  const plugin = root.members.findLast(({ key }) => matchesKey(key, ['plugin']))?.value
  const named = plugin?.kind === 'text' ? KIND_OF_PLUGIN.get(plugin.value) : undefined
  if (named !== undefined) return named
  if (namesSocket(root)) return 'external'
  // A name that nobody has is told as a fault of what the file is otherwise.
  if (plugin?.kind === 'text') return rulesHavePaths(root) ? 'plugin' : 'log'
  if (has(STATS_KEYS)) return 'stats'
  if (plugin === undefined && !has(RULE_KEYS)) return undefined
  return has(RULE_KEYS.slice(3)) || !rulesHavePaths(root) ? 'log' : 'plugin'
}

function namesSocket(root: JsonNode & { readonly kind: 'object' }): boolean {
  const config = root.members.findLast(({ key }) => matchesKey(key, ['pluginConfig']))?.value
  if (config?.kind !== 'object') return false
  return config.members.some(({ key }) => matchesKey(key, ['socketAddress', 'socketPath']))
}

function rulesHavePaths(root: JsonNode & { readonly kind: 'object' }): boolean {
  const rules = root.members.findLast(({ key }) => matchesKey(key, ['rules']))?.value
  if (rules?.kind !== 'array') return false
  return rules.items.some((rule) => rule.kind === 'object' && rule.members.some(({ key }) => matchesKey(key, ['path'])))
}
