/** What names of a declaration may be. */
import { CAMEL_CASE, isVerbatimName } from '#model'
import type { Declaration, MetricSpec } from './types.ts'

const METRIC = /^[a-z][a-z0-9_]{0,127}$/
/** As another program may call one; the model takes no other (libs/model/admit.ts). */
const VERBATIM_METRIC = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

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

/** A type or a reason, and whether it is told word by word. */
interface Told {
  readonly name: string
  readonly verbatim?: boolean | undefined
}

/** The first that is not CamelCase. What is told word by word may be called anything that a source may say. */
function wrongWords(what: string, told: readonly Told[]): Fault {
  const wrong = told.find(({ name, verbatim }) => verbatim === true && !isVerbatimName(name))
  if (wrong !== undefined) return `${what} ${JSON.stringify(wrong.name)} is longer than any that is told, or no text`
  const others = told.filter(({ verbatim }) => verbatim !== true)
  return wrongNames(
    what,
    others.map(({ name }) => name),
    CAMEL_CASE,
  )
}

function wrongMetrics(metrics: readonly MetricSpec[]): Fault {
  const namesOf = (isVerbatim: boolean) =>
    metrics.filter(({ verbatim }) => (verbatim === true) === isVerbatim).map(({ name }) => name)
  return wrongNames('metric', namesOf(true), VERBATIM_METRIC) || wrongNames('metric', namesOf(false), METRIC)
}

/** Names that are none, or stand there twice. */
export function declarationFaults({ conditions, events = [], metrics = [] }: Declaration): readonly Fault[] {
  const types = conditions.map(({ type }) => type)
  const reasons = events.map(({ reason }) => reason)
  const names = metrics.map(({ name }) => name)
  return [
    wrongWords(
      'condition type',
      conditions.map(({ type: name, verbatim }) => ({ name, verbatim })),
    ),
    repeated('condition type', types),
    wrongWords(
      'event reason',
      events.map(({ reason: name, verbatim }) => ({ name, verbatim })),
    ),
    repeated('event reason', reasons),
    wrongMetrics(metrics),
    repeated('metric', names),
  ]
}
