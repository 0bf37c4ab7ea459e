/** Values as they are written here. Pure. */
import type { ScalarNode, Tree } from '../../tree/tree.ts'
import type { Conversion, Row } from './types.ts'

/** What became of a value; undefined where it cannot be known before its variables are. */
export type Converted =
  | {
      readonly node: Tree
      readonly isOther: boolean
      /** It is the least, or the most, that there may be here. */
      readonly bound?: 'least' | 'most'
    }
  | undefined

const VARIABLE = /\$\{/

/** A duration of Go's (time.ParseDuration), in milliseconds. */
const PART = /(\d{1,12}(?:\.\d{1,12})?)(ns|us|µs|μs|ms|s|m|h)/g
const DURATION = /^(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|µs|μs|ms|s|m|h)){1,8}$/
const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration as Go has it, or of a number of them; undefined for what is neither. */
export function millisecondsOf({ value }: ScalarNode): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !DURATION.test(value)) return undefined
  const parts = [...value.matchAll(PART)].map(([, amount, unit = '']) => Number(amount) * (MILLISECONDS[unit] ?? 0))
  return rounded(parts.reduce((sum, part) => sum + part, 0))
}

/** Without the tail of a calculation. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}

function number(node: ScalarNode, value: number): Converted {
  return { node: { ...node, value, text: String(value) }, isOther: value !== node.value }
}

function text(node: ScalarNode, value: string): Converted {
  return { node: { ...node, value, text: value }, isOther: value !== node.value }
}

function same(node: ScalarNode): Converted {
  return { node, isOther: false }
}

/** An address of the loopback, without user and password. */
const LOCAL = /^(https?):\/\/(?:localhost|(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]))(:\d{1,5})?(\/[^\s@]*)?$/
const READ_ONLY_PORT = ':10255'
const SECURED_PORT = ':10250'

function loopback(node: ScalarNode): Converted {
  const [, scheme, address = '127.0.0.1', port = '', path = ''] = LOCAL.exec(node.text) ?? []
  return scheme === undefined ? same(node) : text(node, `${scheme}://${address}${port}${path}`)
}

function secured(node: ScalarNode): Converted {
  const [, scheme, address = '127.0.0.1', port = '', path = ''] = LOCAL.exec(node.text) ?? []
  if (scheme === undefined) return same(node)
  return text(node, `https://${address}${port === READ_ONLY_PORT ? SECURED_PORT : port}${path}`)
}

const BY: Readonly<Record<Exclude<Conversion, 'switch'>, (node: ScalarNode) => Converted>> = {
  percent: (node) => (typeof node.value === 'number' ? number(node, rounded(node.value / 100)) : same(node)),
  share: (node) =>
    typeof node.value === 'number' && node.value > 1 ? number(node, rounded(node.value / 100)) : same(node),
  ms: (node) => (typeof node.value === 'number' ? text(node, `${node.value}ms`) : same(node)),
  milliseconds(node) {
    const ms = millisecondsOf(node)
    return ms === undefined ? same(node) : number(node, ms)
  },
  'host-path': (node) =>
    typeof node.value === 'string' ? text(node, node.value.replace(/^\/host(?=\/)/, '')) : same(node),
  loopback,
  secured,
}

/** `{ enabled: true }` as `true`. */
function switched(node: Tree): Converted {
  const enabled = node.kind === 'map' && node.entries.size === 1 ? node.entries.get('enabled')?.node : undefined
  return enabled === undefined ? { node, isOther: false } : { node: enabled, isOther: true }
}

/** A number as near as one may be here. What is a whole number here is one. */
function bounded(converted: Converted, { within, convert }: Row): Converted {
  const node = converted?.node
  if (within === undefined || node?.kind !== 'scalar' || typeof node.value !== 'number') return converted
  const [least, most] = within
  const whole = convert === 'milliseconds' && least >= 1 ? Math.round(node.value) : node.value
  const value = Math.min(most, Math.max(least, whole))
  const bound = value === whole ? undefined : value === most ? ('most' as const) : ('least' as const)
  const isOther = converted?.isOther === true || value !== node.value
  return { node: { ...node, value, text: String(value) }, isOther, ...(bound === undefined ? {} : { bound }) }
}

/** A value of theirs as ours. What is of another kind than it should be stays, and is a fault of the walk. */
export function converted(row: Row, node: Tree): Converted {
  const { convert, words = {} } = row
  if (convert === 'switch') return switched(node)
  if (node.kind !== 'scalar') return { node, isOther: false }
  if (convert !== undefined) return VARIABLE.test(node.text) ? undefined : bounded(BY[convert](node), row)
  const word = typeof node.value === 'string' && Object.hasOwn(words, node.value) ? words[node.value] : undefined
  return word === undefined ? bounded(same(node), row) : text(node, word)
}
