/** How series are called and in which unit they are shown. Values are recorded as they come and converted on the way out. */
import { cleanText } from '#model'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

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

/** The machine's graphs, in their order. `{label}` is filled from the series. */
const GRAPHS: readonly { readonly name: string; readonly title: string; readonly maxFrom?: string }[] = [
  { name: 'cpu_load_per_core', title: 'Load per core' },
  { name: 'memory_available_bytes', title: 'Memory available', maxFrom: 'memory_size_bytes' },
  { name: 'pressure_cpu_waiting_ratio', title: 'Waiting for CPU' },
  { name: 'pressure_memory_waiting_ratio', title: 'Waiting for memory' },
  { name: 'pressure_io_waiting_ratio', title: 'Waiting for I/O' },
  { name: 'disk_used_ratio', title: '{path} used' },
  { name: 'disk_busy_ratio', title: '{device} busy' },
  { name: 'disk_wait_seconds', title: '{device} wait' },
  { name: 'network_received_bytes_per_second', title: '{interface} in' },
  { name: 'network_sent_bytes_per_second', title: '{interface} out' },
]

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

function titleOf(template: string, labels: Readonly<Record<string, string>>): string {
  return cleanText(
    template.replace(/\{(\w+)\}/g, (_, label: string) => labels[label] ?? Object.values(labels)[0] ?? ''),
    60,
  ).trim()
}

/** @param unit the unit of the evidence that this series stands for, where there is one: then it is shown in that */
export function displayOf(key: string, unit?: string): Display {
  const { name, labels } = parseSeriesKey(key)
  const order = GRAPHS.findIndex((graph) => graph.name === name)
  const graph = GRAPHS[order]
  const base = UNITS.find(({ end }) => name.endsWith(end))
  const other = unit === undefined || unit === base?.unit ? undefined : base?.others[unit]
  const scaled = other === undefined ? base : { unit: unit ?? '', factor: other }
  const max = scaled === base ? base?.max : undefined
  return {
    title: graph === undefined ? '' : titleOf(graph.title, labels),
    unit: scaled?.unit ?? unit ?? '',
    factor: scaled?.factor ?? 1,
    ...(max === undefined ? {} : { max }),
    ...(graph?.maxFrom === undefined ? {} : { maxFrom: graph.maxFrom }),
    order: order < 0 ? GRAPHS.length : order,
  }
}
