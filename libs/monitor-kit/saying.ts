/** What an instance of a check says, as it is told: within what it declared, with the names that it left out. */
import { type ConditionKey, conditionKey, type Observation } from '#model'
import { CONDITIONS_MAX, withinRoom } from './conditions-room.ts'
import { TooManyConditionsError, UndeclaredError } from './errors.ts'
import { cleanEntity, keyOf } from './evaluate/entity.ts'
import { errorText, eventOf, observationOf, type RunReport, samplesOf } from './findings.ts'
import { createPresent, type Present } from './present.ts'
import { encodeSaid } from './report-bytes.ts'
import type { CheckDefinition, CheckResult, Declaration } from './types.ts'
import { createUnseen, type IsOne, type Words } from './unseen.ts'

/** What is told of one look, or of what a follower saw. */
export type Said = Omit<RunReport, 'runs' | 'complete'>

/** Whose words they are. */
export interface SayingOptions {
  readonly monitor: string
  /** The check's configured name. */
  readonly name: string
  readonly declared: Required<Declaration>
  readonly instances: CheckDefinition<unknown>['instances']
}

export interface Saying {
  readonly present: Present
  /** What it says of a type without an entity is about this. */
  ownEntityOf(type: string): string
  /**
   * What was seen.
   * @param how `isPart`: of what it does not name nothing is said. `isAsked`: by a look that was asked for; default false
   */
  seen(result: CheckResult, observed: Date, how: { readonly isPart: boolean; readonly isAsked?: boolean }): Said
  /** What of what was {@link seen} last is not told: types that it may not say, more conditions than there is room for. "": nothing. */
  refused(result: CheckResult): string
  /**
   * What it watches is unknown: what it said of before, and what it declares and never saw.
   * @param isKnown what is known all the same
   * @param isKept what is again what it was, once it is {@link regained}. Default nothing
   */
  failed(err: unknown, observed: Date, isKnown?: IsOne, isKept?: IsOne): Said
  /**
   * What was lost is what it was, since when it was so.
   * @param silent what is said of types of which nothing ever was. Undefined: nothing
   */
  regained(silent: Words | undefined, observed: Date): readonly Observation[]
  /** What was seen for one answer alone: it changes nothing here. */
  heard(result: CheckResult, observed: Date): Said
  /** What could not be seen for one answer alone. */
  unheard(err: unknown, observed: Date): Said
}

/** What of a check is told word by word. */
function verbatimOf({ conditions, events = [] }: Declaration) {
  return {
    types: new Set(conditions.filter(({ verbatim }) => verbatim === true).map(({ type }) => type)),
    reasons: new Set(events.filter(({ verbatim }) => verbatim === true).map(({ reason }) => reason)),
  }
}

/** What an instance says without an entity is about it; what it tells word by word is about the node, whichever of many tells it. */
function createOwnEntity({ name, declared, instances }: SayingOptions) {
  const { types, reasons } = verbatimOf(declared)
  const own = instances === 'many' ? cleanEntity(name) : ''
  const ofType = (type: string) => (types.has(type) ? '' : own)
  return {
    ofType,
    /** A result with the entities that it leaves out. */
    in(result: CheckResult): CheckResult {
      if (own === '') return result
      const events = result.events?.map((one) => ({ entity: reasons.has(one.reason) ? '' : own, ...one })) ?? []
      return { ...result, findings: result.findings.map((one) => ({ entity: ofType(one.type), ...one })), events }
    },
  }
}

/** Makes what is told of a result. It throws what is wrong with the result. */
function createTold({ monitor, name, declared, instances }: SayingOptions) {
  const types = new Set(declared.conditions.map(({ type }) => type))
  const verbatim = verbatimOf(declared)
  return (result: CheckResult, observed: Date, withdrawn: readonly ConditionKey[], isAsked = false): Said => {
    const findings = result.findings.filter(({ type }) => types.has(type))
    const all = {
      observations: findings.map((one) => ({
        ...observationOf(one, name, observed, verbatim.types.has(one.type)),
        ...(isAsked && { asked: true }),
      })),
      withdrawn,
      events: (result.events ?? []).map((one) =>
        eventOf(one, { monitor, check: name, now: observed, isVerbatim: verbatim.reasons.has(one.reason) }),
      ),
      metrics: samplesOf(result.metrics, instances === 'many' ? name : undefined),
    }
    // It may be anything at run time: a health that is no word fails here, as the check's failure, not when it is sent.
    return { ...all, said: encodeSaid(all) }
  }
}

export function createSaying(options: SayingOptions): Saying {
  const { name, declared } = options
  const types = declared.conditions.map(({ type }) => type)
  const told = createTold(options)
  const ownEntity = createOwnEntity(options)
  const present = createPresent()
  let isOver = false
  const unseen = createUnseen({ name, types, ownEntityOf: ownEntity.ofType, present })

  function withdrawnBy(result: CheckResult, isPart: boolean): ConditionKey[] {
    return [...(result.withdrawn ?? []), ...unseen.replaced(result, isPart)].map(keyOf)
  }

  return {
    present,
    ownEntityOf: ownEntity.ofType,
    seen(said, observed, { isPart, isAsked }) {
      const result = ownEntity.in(said)
      const withdrawn = withdrawnBy(result, isPart)
      const own = result.findings.filter(({ type }) => types.includes(type))
      const findings = withinRoom(own, present.conditions, withdrawn)
      isOver = findings.length < own.length
      const all = told({ ...result, findings }, observed, withdrawn, isAsked)
      unseen.noted(result, isPart)
      present.note(all.observations, all.withdrawn)
      return all
    },
    heard(said, observed) {
      const result = ownEntity.in(said)
      return told(result, observed, withdrawnBy(result, result.partial === true))
    },
    unheard: (err, observed) => ({
      observations: unseen.unknown(err, observed, () => false),
      withdrawn: [],
      events: [],
      metrics: [],
    }),
    refused({ findings }) {
      const strange = findings.map(({ type }) => type).filter((type) => !types.includes(type))
      if (strange.length > 0) return errorText(new UndeclaredError(name, [...new Set(strange)]))
      return isOver ? errorText(new TooManyConditionsError(name, CONDITIONS_MAX)) : ''
    },
    failed(err, observed, isKnown = () => false, isKept = () => false) {
      unseen.lose()
      const observations = unseen.unknown(err, observed, isKnown)
      const isKeptOne = ({ type, entity }: Observation) => isKept(conditionKey(type, entity))
      present.lose(observations.filter(isKeptOne))
      present.note(
        observations.filter((one) => !isKeptOne(one)),
        [],
      )
      return { observations, withdrawn: [], events: [], metrics: [] }
    },
    regained(words, observed) {
      const observations = words === undefined ? [] : unseen.silent(words, observed)
      present.note(observations, [])
      return [...present.regain(), ...observations]
    },
  }
}
