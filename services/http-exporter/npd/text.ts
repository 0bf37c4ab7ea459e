/** Texts as Go writes them: Prometheus' lines and JSON, byte for byte what readers of node-problem-detector know. Pure. */
import type { NpdFamily } from './series.ts'

/** What the text of the metrics is said to be. */
export const NPD_METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'

/** Between these exponents a number is written out (strconv.FormatFloat, 'g' with the shortest precision). */
const EXPONENT_MIN = -4
const EXPONENT_END = 6

/** A number as Prometheus' library for Go prints it: 6.780937705e+09. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const [digits = '0', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  // String of -0 is "0", as there.
  if (exponent >= EXPONENT_MIN && exponent < EXPONENT_END) return String(value)
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** The text of `/metrics`: no prefix, no label of ours, no empty line. */
export function renderNpdMetrics(families: readonly NpdFamily[]): string {
  return families
    .map(({ name, help, type, values }) => {
      const lines = values.map(({ labels, value }) => `${name}${labelsText(labels)} ${goFloat(value)}\n`)
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

/** What encoding/json escapes beyond what has to be, so that the text may stand in HTML and JavaScript. */
const ALSO_ESCAPED = /[<>&\u2028\u2029]/g

/** A value as encoding/json writes it. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    ALSO_ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A time as Go's JSON has it (RFC 3339, as many digits of a second as count), of a process whose zone is UTC. */
export function goTime(time: Date): string {
  return time.toISOString().replace(/\.?0*Z$/, 'Z')
}
