/** What names of a declaration may be. */
import { CAMEL_CASE } from '#model'
import type { Declaration } from './types.ts'

const METRIC = /^[a-z][a-z0-9_]{0,127}$/

/** What is wrong, in words; false: nothing. */
export type Fault = string | false

/** The first name that does not match. @param what "condition type" */
export function wrongNames(what: string, names: readonly string[], pattern: RegExp): Fault {
  const wrong = names.filter((name) => !pattern.test(name))
  return wrong.length > 0 && `${what} ${JSON.stringify(wrong[0])} does not match ${pattern.source}`
}

/** The first name that stands there before. */
export function repeated(what: string, names: readonly string[]): Fault {
  const name = names.find((one, index) => names.indexOf(one) !== index)
  return name !== undefined && `${what} ${name} stands there twice`
}

/** Names that are none, or stand there twice. */
export function declarationFaults({ conditions, events = [], metrics = [] }: Declaration): readonly Fault[] {
  const types = conditions.map(({ type }) => type)
  const reasons = events.map(({ reason }) => reason)
  const names = metrics.map(({ name }) => name)
  return [
    wrongNames('condition type', types, CAMEL_CASE),
    repeated('condition type', types),
    wrongNames('event reason', reasons, CAMEL_CASE),
    repeated('event reason', reasons),
    wrongNames('metric', names, METRIC),
    repeated('metric', names),
  ]
}
