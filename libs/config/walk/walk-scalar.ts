/** Single values: texts, numbers, booleans, durations, words of a closed set. */
import { isIP } from 'node:net'
import { NANOSECONDS_IN_MS, parseDurationMs, renderDuration } from '../duration.ts'
import type { Scalar, ScalarNode, Tree } from '../tree/tree.ts'
import type { DurationRange, JsonSchema } from './json-schema.ts'
import type { Run, Spot } from './run.ts'
import { whomFault } from './whom.ts'
import {
  durationWords,
  expectedWords,
  numberWords,
  quoted,
  sampleWords,
  strangerWords,
  textWords,
  wordsOf,
} from './words.ts'

const DURATION_SAMPLES = '"30s", "5m", "1h30m"'

export function walkScalar(schema: JsonSchema, node: Tree, spot: Spot, run: Run): unknown {
  const shown = quoted(node, spot.key, schema)
  if (node.kind !== 'scalar' || node.value === null) {
    run.fault(
      spot,
      node.kind === 'scalar'
        ? `has no value; expected ${expectedWords(schema)}`
        : `is ${shown}; expected ${expectedWords(schema)}`,
    )
    return undefined
  }
  const faults = run.problems.length
  const value = read(schema, node, shown, {
    fault: (text) => run.fault(spot, text),
    nearest: (text, names) => run.nearest(text, names),
  })
  if (run.problems.length === faults) run.wrote(spot, node, schema)
  return value
}

type Fault = (text: string) => void

interface Told {
  readonly fault: Fault
  nearest(text: string, names: readonly string[]): string | undefined
}

function read(schema: JsonSchema, node: ScalarNode, shown: string, told: Told): unknown {
  const { fault } = told
  if (schema.duration !== undefined) return readDuration(schema.duration, node, shown, fault)
  if (schema.enum !== undefined) return readWord(schema, node, shown, told)
  if (schema.type === 'boolean') return readBoolean(node, shown, fault)
  if (schema.type === 'integer' || schema.type === 'number') return readNumber(schema, node, shown, fault)
  return readText(schema, node, shown, fault)
}

/** Undefined where it is no whole number, or none is taken. */
function nanosecondsOf({ nanoseconds }: DurationRange, node: ScalarNode): number | undefined {
  const value = nanoseconds === true ? numberOf(node) : undefined
  return Number.isSafeInteger(value) ? value : undefined
}

function readDuration(range: DurationRange, node: ScalarNode, written: string, fault: Fault) {
  const nanoseconds = nanosecondsOf(range, node)
  if (nanoseconds !== undefined && nanoseconds > 0 && nanoseconds < NANOSECONDS_IN_MS) {
    fault(`${written} nanoseconds are less than a millisecond; expected ${durationWords(range)}, as 30000000000`)
    return undefined
  }
  const isText = nanoseconds === undefined && (node.untyped === true || typeof node.value === 'string')
  const ms =
    nanoseconds === undefined
      ? isText
        ? parseDurationMs(node.text)
        : undefined
      : Math.round(nanoseconds / NANOSECONDS_IN_MS)
  const shown = nanoseconds === undefined || nanoseconds < 0 ? written : `${written} ("${renderDuration(ms ?? 0)}")`
  if (ms === undefined) fault(`${shown} is not a duration; expected a number with a unit such as ${DURATION_SAMPLES}`)
  else if (ms < range.minMs) fault(`${shown} is too short; expected ${durationWords(range)}`)
  else if (ms > range.maxMs) fault(`${shown} is too long; expected ${durationWords(range)}`)
  else return ms
  return undefined
}

function readWord(schema: JsonSchema, node: ScalarNode, shown: string, { fault, nearest: nearestOf }: Told) {
  const values = schema.enum ?? []
  const words = values.map(String)
  // Of a set that has true and false among its words, those are written without quotes.
  const given = node.untyped ? values.find((value) => String(value) === node.text) : node.value
  if (given !== undefined && values.includes(given)) return given
  const nearest = words.length === 1 || words.includes(node.text) ? undefined : nearestOf(node.text, words)
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  const quotes = words.includes(node.text) ? ', without quotes' : ''
  fault(`${shown} is not valid; expected ${wordsOf(words)}${quotes}${hint}`)
  return undefined
}

function readBoolean(node: ScalarNode, shown: string, fault: Fault) {
  if (typeof node.value === 'boolean') return node.value
  if (node.untyped && (node.text === 'true' || node.text === 'false')) return node.text === 'true'
  const quotes = !node.untyped && (node.text === 'true' || node.text === 'false') ? ' without quotes' : ''
  fault(`${shown} is not a boolean; expected true or false${quotes}`)
  return undefined
}

function numberOf(node: ScalarNode): number | undefined {
  if (typeof node.value === 'number') return node.value
  return node.untyped && /^-?\d{1,15}(\.\d{1,15})?$/.test(node.text) ? Number(node.text) : undefined
}

function readNumber(schema: JsonSchema, node: ScalarNode, shown: string, fault: Fault) {
  const words = numberWords(schema)
  const value = numberOf(node)
  if (value === undefined || !Number.isFinite(value)) {
    const quotes =
      typeof node.value === 'string' && !node.untyped && /^-?\d+(\.\d+)?$/.test(node.text) ? ', without quotes' : ''
    fault(`${shown} is not a number; expected ${words}${quotes}`)
    return undefined
  }
  if (schema.type === 'integer' && !Number.isSafeInteger(value))
    fault(`${shown} is not a whole number; expected ${words}`)
  else if (!inRange(schema, value)) fault(`${shown} is out of range; expected ${words}`)
  else return value
  return undefined
}

function inRange(schema: JsonSchema, value: number): boolean {
  return (
    value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) &&
    value <= (schema.maximum ?? Number.POSITIVE_INFINITY) &&
    value > (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) &&
    value < (schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY)
  )
}

function readText(schema: JsonSchema, node: ScalarNode, shown: string, fault: Fault) {
  const given: Scalar = node.untyped ? node.text : node.value
  const words = textWords(schema)
  if (typeof given !== 'string') {
    fault(`${shown} is not a text; expected ${words}${sampleWords(schema)}, in quotes`)
    return undefined
  }
  const whom = given === '' || schema.whom === undefined ? undefined : whomFault(schema.whom, given)
  if (whom !== undefined) fault(`${shown} is not ${words}: ${whom}; expected one${sampleWords(schema)}`)
  else if (!fits(schema, given))
    fault(`${shown} is not ${words}${strangerWords(schema, given)}; expected one${sampleWords(schema) || ' that is'}`)
  return schema.place === true ? plainPath(given) : given
}

/** Why a key is none that may stand in a map of this schema; undefined where it may. Its place names it. */
export function nameFault(names: JsonSchema | undefined, key: string): string | undefined {
  if (names === undefined || fits(names, key)) return undefined
  return `its name is not ${textWords(names)}${strangerWords(names, key)}; expected one${sampleWords(names) || ' that is'}`
}

/** A path without what its text alone says is nothing: `//`, `/.` and a slash at its end. `..` stays: a link may stand before it. */
function plainPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return `/${parts.join('/')}`
}

/** Lengths count Unicode characters, as JSON Schema does. */
function fits(schema: JsonSchema, text: string): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => fits(one, text))
  const length = schema.minLength === undefined && schema.maxLength === undefined ? 0 : Array.from(text).length
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? Number.POSITIVE_INFINITY)) return false
  if (schema.format === 'ipv4') return isIP(text) === 4
  if (schema.format === 'ipv6') return isIP(text) === 6
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text)
}
