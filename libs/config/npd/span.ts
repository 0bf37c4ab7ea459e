/** A duration as files of external monitors have one: a text of Go's, or nanoseconds as a whole number. */
import { DURATION, parseDurationMs, renderDuration } from '../duration.ts'
import { checkDuration, shown } from './durations.ts'
import type { JsonNode } from './json.ts'
import type { Reading } from './reading.ts'
import { integerOf, type Shape, wrong } from './shapes.ts'

const MILLISECOND_NS = 1_000_000n
const EXPECTED = 'a duration such as "30s", or nanoseconds as a whole number'

/** A duration that is written: as it is told, and whole milliseconds. */
export interface Span {
  readonly text: string
  readonly ms: number
}

/** Undefined where it is no duration, which is a fault then. */
function nanosecondsOf(node: JsonNode, key: string, reading: Reading): bigint | undefined {
  if (node.kind === 'text') return checkDuration(reading, key, node.value)
  const written = integerOf(node)
  if (written === undefined) wrong(node, EXPECTED, key, reading)
  return written
}

function spanOf(node: JsonNode, key: string, reading: Reading): Span | undefined {
  const nanoseconds = nanosecondsOf(node, key, reading)
  if (nanoseconds === undefined) return undefined
  const written = node.kind === 'text' ? shown(node.value) : nanoseconds.toString()
  if (nanoseconds < 0n || (nanoseconds > 0n && nanoseconds < MILLISECOND_NS)) {
    const is = node.kind === 'text' ? 'is' : 'nanoseconds are'
    const less = nanoseconds < 0n ? 'nothing' : 'a millisecond'
    reading.fault(key, `${written} ${is} less than ${less}; expected ${EXPECTED}, as 30000000000`)
    return undefined
  }
  const ms = Math.round(Number(nanoseconds) / Number(MILLISECOND_NS))
  const isOurs = node.kind === 'text' && DURATION.test(node.value) && parseDurationMs(node.value) === ms
  return { text: isOurs ? node.value : renderDuration(ms), ms }
}

/** Undefined where none is written. */
export const span: Shape<Span | undefined> = {
  zero: () => undefined,
  decode(node, into, key, reading) {
    if (node.kind === 'null') return into
    reading.stands(key, node.at)
    return spanOf(node, key, reading) ?? into
  },
}
