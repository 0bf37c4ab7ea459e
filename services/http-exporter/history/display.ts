/** How series are called and in which unit they are shown. Values are recorded as they come and converted on the way out. */
import { cleanText, type MonitorState } from '#model'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

/** A metric that its monitor declares with a title: its series are graphs of the machine. */
export interface Graph {
  /** "{mount} used": `{label}` is filled from the series. */
  readonly title: string
  /** As declared; for people where the metric's name says nothing of a unit. */
  readonly unit: string
  readonly monitor: string
  readonly isBuiltIn: boolean
  /** Place among the graphs. */
  readonly order: number
}

/** Graphs by the name of their metric. */
export type Graphs = ReadonlyMap<string, Graph>

export const NO_GRAPHS: Graphs = new Map()

export interface Display {
  /** "": not among the machine's graphs. */
  readonly title: string
  readonly unit: string
  /** Shown value = recorded value × this. */
  readonly factor: number
  /** Upper end of the scale in the shown unit, where there is one. */
  readonly max?: number | undefined
  /** Name of the series whose value is the upper end. */
  readonly maxFrom?: string | undefined
  /** Place among the graphs. */
  readonly order: number
}

/** What is looked at first, in this order; then what else our monitors draw, then plug-ins, as each declares it. */
const FIRST: readonly string[] = [
  'cpu_load_per_core',
  'memory_available_bytes',
  'pressure_cpu_waiting_ratio',
  'pressure_memory_waiting_ratio',
  'pressure_io_waiting_ratio',
]

/** The series that is the upper end of another's scale. */
const TOPS: Readonly<Record<string, string>> = { memory_available_bytes: 'memory_size_bytes' }

/** Factor from the base unit of a metric's name to a unit for people, by the end of the name. */
const UNITS: readonly {
  readonly end: string
  readonly unit: string
  readonly factor: number
  readonly max?: number
  readonly others: Readonly<Record<string, number>>
}[] = [
  { end: '_ratio', unit: '%', factor: 100, max: 100, others: { '': 1 } },
  {
    end: '_bytes_per_second',
    unit: 'MiB/s',
    factor: 1 / MIB,
    others: { 'KiB/s': 1 / 1024, 'GiB/s': 1 / GIB, 'bytes/s': 1 },
  },
  {
    end: '_bytes',
    unit: 'GiB',
    factor: 1 / GIB,
    others: { MiB: 1 / MIB, KiB: 1 / 1024, TiB: 1 / (GIB * 1024), bytes: 1 },
  },
  { end: '_seconds', unit: 's', factor: 1, others: { ms: 1000, min: 1 / 60, h: 1 / 3600, '%': 100 } },
  { end: '_celsius', unit: '°C', factor: 1, others: {} },
  { end: '_total', unit: '/s', factor: 1, others: { '/min': 60 } },
]

function ownFirst(a: MonitorState, b: MonitorState): number {
  const [ownA, ownB] = [a.origin === 'built-in' ? 0 : 1, b.origin === 'built-in' ? 0 : 1]
  return ownA - ownB || (a.name < b.name ? -1 : 1)
}

/** What the monitors declare to be drawn. A name belongs to ours before a plug-in's, then to the first by name. */
export function graphsOf(monitors: Iterable<MonitorState>): Graphs {
  const graphs = new Map<string, Graph>()
  for (const { name: monitor, origin, metrics } of [...monitors].sort(ownFirst)) {
    for (const { name, title, unit } of metrics) {
      if (title === '' || graphs.has(name)) continue
      const first = FIRST.indexOf(name)
      const order = first < 0 ? FIRST.length + graphs.size : first
      graphs.set(name, { title, unit: cleanText(unit, 16), monitor, isBuiltIn: origin === 'built-in', order })
    }
  }
  return graphs
}

/** A series key taken apart; a key that is none is its own name. */
export function parseSeriesKey(key: string): { name: string; labels: Record<string, string> } {
  const brace = key.indexOf('{')
  if (brace < 0) return { name: key, labels: {} }
  const labels: Record<string, string> = {}
  for (const match of key.slice(brace).matchAll(/([a-zA-Z_]\w*)=("(?:[^"\\]|\\.)*")/g)) {
    const [, label, value] = match
    if (label === undefined || value === undefined) continue
    try {
      labels[label] = String(JSON.parse(value))
    } catch {
      labels[label] = value
    }
  }
  return { name: key.slice(0, brace), labels }
}

const TITLE_MAX = 60

/** Filled from the labels; what a title does not name stands behind it, so that no two series are called the same. */
function titleOf(template: string, labels: Readonly<Record<string, string>>): string {
  const named = new Set<string>()
  const filled = template.replace(/\{(\w+)\}/g, (_, label: string) => {
    named.add(label)
    return Object.hasOwn(labels, label) ? (labels[label] ?? '') : ''
  })
  const others = Object.entries(labels).flatMap(([label, value]) => (named.has(label) ? [] : [value]))
  return cleanText([filled, ...others].join(' '), TITLE_MAX)
}

/**
 * @param unit the unit of the evidence that this series stands for, where there is one: then it is shown in that
 * @param graphs what is drawn of the machine
 */
export function displayOf(key: string, unit: string | undefined, graphs: Graphs): Display {
  const { name, labels } = parseSeriesKey(key)
  const graph = graphs.get(name)
  const base = UNITS.find(({ end }) => name.endsWith(end))
  const other = unit === undefined || unit === base?.unit ? undefined : base?.others[unit]
  const scaled = other === undefined ? base : { unit: unit ?? '', factor: other }
  const max = scaled === base ? base?.max : undefined
  const maxFrom = Object.hasOwn(TOPS, name) ? TOPS[name] : undefined
  return {
    title: graph === undefined ? '' : titleOf(graph.title, labels),
    unit: scaled?.unit ?? unit ?? graph?.unit ?? '',
    factor: scaled?.factor ?? 1,
    ...(max === undefined ? {} : { max }),
    ...(maxFrom === undefined ? {} : { maxFrom }),
    order: graph?.order ?? Number.MAX_SAFE_INTEGER,
  }
}
