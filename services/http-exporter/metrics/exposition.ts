/** Prometheus' text format 0.0.4. Pure. */

/** What a scraper is told the text is. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface Series {
  /** Behind the family's name: "_bucket", "_sum", "_count" of a histogram. */
  readonly suffix?: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  /** Without the namespace. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly series: readonly Series[]
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function renderValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

function pairsOf({ labels }: Series): string[] {
  return Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
}

/**
 * Families without a series are left out. Names and labels must be valid; values and help may be anything. Of series that
 * are called the same (cleaning may have made them so) the first stands: a scraper would refuse all for a second one.
 */
export function renderExposition(namespace: string, families: readonly Family[]): string {
  let text = ''
  for (const { name, help, type, series } of families) {
    if (series.length === 0) continue
    const full = `${namespace}_${name}`
    text += `# HELP ${full} ${escapeHelp(help)}\n# TYPE ${full} ${type}\n`
    const told = new Set<string>()
    for (const one of series) {
      const { suffix = '', value } = one
      const pairs = pairsOf(one)
      const called = `${suffix} ${[...pairs].sort().join()}`
      if (told.has(called)) continue
      told.add(called)
      text += `${full}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${renderValue(value)}\n`
    }
  }
  return text
}
