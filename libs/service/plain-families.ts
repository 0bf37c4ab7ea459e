/**
 * Prometheus' text format 0.0.4 for counters and gauges that are in no registry: tens of thousands of series are written one
 * after the other, with nothing kept of those before. Pure.
 */

/** One value, with its labels as they stand in the text ({@link labelText}). */
export interface PlainValue {
  readonly labels: string
  readonly value: number
}

/** Values of one metric, with what it is. */
export interface PlainFamily {
  /** Without the namespace; valid. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'untyped'
  /** Gone through once; of those with the same labels the first is told. */
  readonly values: Iterable<PlainValue>
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
}

function word(value: string): string {
  return /[\\\n"]/.test(value) ? escaped(value).replace(/"/g, '\\"') : value
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

/** Labels as text, in the order in which they are given; "" of none. Their names must be valid, their values may be anything. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${word(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const LABEL = /([A-Za-z_]\w*)="(?:[^"\\]|\\.)*"/g

/** Whether a value has a label of its own. The name may also be part of a value, which has it within its quotes. */
function hasLabel(labels: string, name: string): boolean {
  if (!labels.includes(`${name}="`)) return false
  return [...labels.matchAll(LABEL)].some(([, own]) => own === name)
}

/** With labels beside its own; one that it has itself stays. */
function withLabels(labels: string, more: readonly (readonly [name: string, text: string])[]): string {
  if (more.length === 0) return labels
  const added = more.filter(([name]) => !hasLabel(labels, name)).map(([, text]) => text)
  if (added.length === 0) return labels
  return labels === '' ? `{${added.join(',')}}` : `${labels.slice(0, -1)},${added.join(',')}}`
}

/**
 * The text line by line, each with its end; a family without a value is left out. Each name must come once.
 * @param constant labels of every value, beside its own
 */
export function* plainLines(
  namespace: string,
  families: Iterable<PlainFamily>,
  constant: Readonly<Record<string, string>> = {},
): Generator<string> {
  const more = Object.entries(constant).map(([name, value]) => [name, `${name}="${word(value)}"`] as const)
  let between = ''
  for (const { name, help, type, values } of families) {
    const full = `${namespace}_${name}`
    const seen = new Set<string>()
    for (const { labels, value } of values) {
      if (seen.has(labels)) continue
      if (seen.size === 0) yield `${between}# HELP ${full} ${escaped(help)}\n# TYPE ${full} ${type}\n`
      seen.add(labels)
      yield `${full}${withLabels(labels, more)} ${numberText(value)}\n`
    }
    if (seen.size > 0) between = '\n'
  }
}
