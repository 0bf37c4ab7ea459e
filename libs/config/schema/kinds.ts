/**
 * Kinds of values of the configuration as zod schemas. Loaded by the generator and by tests only; at run time the
 * generated document.json is read instead, so that no process carries zod.
 *
 * Keywords of ours in the JSON Schema (`.meta`), which the walker understands:
 * - `duration: { minMs, maxMs, nanoseconds }`: a text such as "1h30m", or where `nanoseconds` is true a whole number of them, too; its value is whole milliseconds
 * - `what`, `sample`: how an error names the expected value ("an absolute path", "/var/lib/node-doctor")
 * - `whom`: a text that says whom to ask, an "address", a "host" or a "url": what nobody can be asked by is refused (whom.ts)
 * - `aliases`: other names of the same key, accepted with a note
 * - `secret: true`: never shown
 * - `deferred: true`: looked at later, by the schema of the check's type
 * - `order: [['warningThreshold', 'criticalThreshold']]` on an object: the first must not be above the second
 * - `inherits: true`: where it is absent, the same key of the enclosing object holds
 * - `nested: true` on a list: its items have the keys of the object that encloses it, at most NESTED_MAX (walk.ts) deep
 * - `regexp: true`: a regular expression of Go; `groupsOf: 'match'`: a text that may name groups of the one at that key beside it
 * - `needs: [['recover', 'condition']]` on an object: the first has a meaning with the second alone; `excludes`: without it alone
 * - `idle: [{ keys, only, why }]` on a map: an entry of one of those keys whose values are all among `only` is refused, since it changes nothing
 * - `defaultText`: what documentation says of a default that is computed
 */
import { z } from 'zod'
import { DURATION, NANOSECONDS_IN_MS, parseDurationMs } from '../duration.ts'
import type { DurationMs } from '../in-force.ts'

export interface DurationRange {
  readonly min: string
  readonly max: string
}

function rangeOf({ min, max }: DurationRange) {
  return { minMs: parseDurationMs(min) ?? 0, maxMs: parseDurationMs(max) ?? 0 }
}

function durationText({ minMs, maxMs }: ReturnType<typeof rangeOf>) {
  return z
    .string()
    .regex(DURATION)
    .refine((text) => {
      const ms = parseDurationMs(text)
      return ms !== undefined && ms >= minMs && ms <= maxMs
    })
}

/** A duration as text; whole milliseconds once read. */
export function duration(range: DurationRange) {
  return durationText(rangeOf(range))
    .meta({ duration: rangeOf(range) })
    .transform((text) => (parseDurationMs(text) ?? 0) as DurationMs)
}

/** A duration as text, or as files of Go programs have one: nanoseconds as a whole number. Whole milliseconds once read. */
export function durationOrNanoseconds(range: DurationRange) {
  const { minMs, maxMs } = rangeOf(range)
  const nanoseconds = z
    .int()
    .min(minMs * NANOSECONDS_IN_MS)
    .max(maxMs * NANOSECONDS_IN_MS)
  return z
    .union([durationText({ minMs, maxMs }), nanoseconds])
    .meta({ duration: { minMs, maxMs, nanoseconds: true } })
    .transform((read) => {
      const ms = typeof read === 'string' ? parseDurationMs(read) : Math.round(read / NANOSECONDS_IN_MS)
      return (ms ?? 0) as DurationMs
    })
}

/** Absolute path, no NUL. */
export function absolutePath(sample: string) {
  return z
    .string()
    .max(4096)
    .regex(/^\/[^\0]*$/)
    .meta({ what: 'an absolute path', sample })
}

/** Path of somebody's Unix socket; `unix://` may stand before it, as gRPC writes one. */
export function socketAddress(sample: string) {
  return z
    .string()
    .max(120)
    .regex(/^(?:unix:(?:\/\/)?)?\/[^\0]*$/)
    .meta({ what: 'an absolute path of a Unix socket', sample })
}

/** Name of a check or plug-in: what is a Kubernetes label value, a file name and a metric's label at once. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/)
  .meta({ what: 'a name of letters, digits, ".", "_" and "-" (63 at most)', sample: 'disk-space' })

export const port = z.int().min(1).max(65_535)

/** From the least on. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const

/** 0: not listened on. */
export const portOrNone = z.int().min(0).max(65_535)

export const labels = z.record(z.string(), z.string()).default({})
