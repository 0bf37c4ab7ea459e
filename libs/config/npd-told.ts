/** What the files of node-problem-detector that are configured say: types, sources and metrics that exporters show as it would. Pure. */
import { npdMetricName } from '#model'
import type { MonitorEntry, NodeDoctorConfig } from './types.ts'

/** A file of rules; its events are told with its source and nothing else of ours. */
export interface NpdSpeaker {
  /** The monitor that runs it, and its check's name: by these its events are known. */
  readonly monitor: string
  readonly check: string
  /** Who is named as the source of its events; "" as the file says it. */
  readonly source: string
}

/** What all of them say together. */
export interface NpdTold {
  readonly files: readonly NpdSpeaker[]
  /** Monitors outside that files name: they are plug-ins, whose events and conditions are told as those of the files are. */
  readonly outside: readonly string[]
  /** Condition types, each once. */
  readonly types: readonly string[]
  /** Monitors that run them: who tells their metrics. */
  readonly monitors: readonly string[]
  /** Names of metrics as node-problem-detector shows them, each once. */
  readonly metrics: readonly string[]
}

/** Of the files' own rules, with `metricsReporting`. */
const OF_PROBLEMS = ['problem_counter', 'problem_gauge'] as const
const OF_RULES: ReadonlySet<string> = new Set(['npd-log', 'npd-plugin'])
const STATS = 'npd-stats'

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textsOf(items: unknown, key: string): string[] {
  const all = Array.isArray(items) ? items : isMap(items) ? Object.values(items) : []
  return all.flatMap((item: unknown) => (isMap(item) && typeof item[key] === 'string' ? [item[key]] : []))
}

function metricsOf({ type, config }: MonitorEntry): readonly string[] {
  const keys: Readonly<Record<string, unknown>> = config
  if (type !== STATS) return keys['metricsReporting'] === false ? [] : OF_PROBLEMS
  const collectors = Object.values(keys).flatMap((one) =>
    isMap(one) ? textsOf(one['metricsConfigs'], 'displayName') : [],
  )
  return collectors.filter((name) => name !== '').map(npdMetricName)
}

/** What is looked at of a configuration. */
export type NpdSections = Pick<NodeDoctorConfig, 'monitors' | 'plugins'> & {
  readonly npd: Pick<NodeDoctorConfig['npd'], 'files'>
}

/** Of all entries that are switched on, and of monitors outside. */
export function npdTold({ monitors, plugins, npd }: NpdSections): NpdTold {
  const entries = monitors.filter(({ type, enabled }) => enabled && (OF_RULES.has(type) || type === STATS))
  const ofRules = entries.filter(({ type }) => OF_RULES.has(type))
  const outside = npd.files.filter(({ kind }) => kind === 'external').map(({ entry }) => entry)
  const ofOutside = plugins.filter(({ name }) => outside.includes(name)).flatMap(({ conditions }) => conditions)
  return {
    files: ofRules.map(({ name, monitor, config }) => ({
      monitor,
      check: name,
      source: typeof config['source'] === 'string' ? config['source'] : '',
    })),
    outside: outside.filter((name) => name !== ''),
    types: [
      ...new Set([
        ...ofRules.flatMap(({ config }) => textsOf(config['conditions'], 'type')),
        ...ofOutside.map(({ type }) => type),
      ]),
    ],
    monitors: [...new Set(entries.map(({ monitor }) => monitor))],
    metrics: [...new Set(entries.flatMap(metricsOf))],
  }
}
