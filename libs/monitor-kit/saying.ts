/** What an instance of a check says, as it is told: within what it declared, with the names that it left out. */
import { type ConditionKey, conditionKey, type Detail, type Observation } from '#model'
import { CheckHangsError, CheckTimedOutError, UndeclaredError } from './errors.ts'
import { cleanEntity, keyOf } from './evaluate/entity.ts'
import { errorText, eventOf, observationOf, type RunReport, samplesOf } from './findings.ts'
import { createPresent, type Present } from './present.ts'
import { encodeSaid } from './report-bytes.ts'
import type { CheckDefinition, CheckResult, Declaration } from './types.ts'

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
  /** What it says without an entity is about this. */
  readonly ownEntity: string
  /**
   * What was seen.
   * @param isPart of what it does not name nothing is said
   */
  seen(result: CheckResult, observed: Date, isPart: boolean): Said
  /** Types that it may not say; "" where there are none. */
  undeclared(result: CheckResult): string
  /**
   * What it watches is unknown: what it said of before, and what it declares and never saw.
   * @param except keys of what is known all the same
   */
  failed(err: unknown, observed: Date, except?: ReadonlySet<string>): Said
  /** What was seen for one answer alone: it changes nothing here. */
  heard(result: CheckResult, observed: Date): Said
  /** What could not be seen for one answer alone. */
  unheard(err: unknown, observed: Date): Said
}

/** A condition, and how people call what it is about. */
type Subject = ConditionKey & Pick<Detail, 'subject'>

/** What of a check is told word by word. */
function verbatimOf({ conditions, events = [] }: Declaration) {
  return {
    types: new Set(conditions.filter(({ verbatim }) => verbatim === true).map(({ type }) => type)),
    reasons: new Set(events.filter(({ verbatim }) => verbatim === true).map(({ reason }) => reason)),
  }
}

function reasonOf(err: unknown): string {
  return err instanceof CheckTimedOutError || err instanceof CheckHangsError ? 'CheckTimedOut' : 'CheckFailed'
}

/** What is said without an entity, said of its own. */
function ofOwn(result: CheckResult, ownEntity: string): CheckResult {
  if (ownEntity === '') return result
  const events = result.events?.map((happening) => ({ entity: ownEntity, ...happening })) ?? []
  return { ...result, findings: result.findings.map((finding) => ({ entity: ownEntity, ...finding })), events }
}

/** Makes what is told of a result. It throws what is wrong with the result. */
function createTold({ monitor, name, declared }: SayingOptions) {
  const types = new Set(declared.conditions.map(({ type }) => type))
  const verbatim = verbatimOf(declared)
  return (result: CheckResult, observed: Date, withdrawn: readonly ConditionKey[]): Said => {
    const findings = result.findings.filter(({ type }) => types.has(type))
    const all = {
      observations: findings.map((one) => observationOf(one, name, observed, verbatim.types.has(one.type))),
      withdrawn,
      events: (result.events ?? []).map((one) =>
        eventOf(one, { monitor, check: name, now: observed, isVerbatim: verbatim.reasons.has(one.reason) }),
      ),
      metrics: samplesOf(result.metrics),
    }
    // It may be anything at run time: a health that is no word fails here, as the check's failure, not when it is sent.
    return { ...all, said: encodeSaid(all) }
  }
}

export function createSaying(options: SayingOptions): Saying {
  const { name, declared, instances } = options
  const types = declared.conditions.map(({ type }) => type)
  const told = createTold(options)
  const ownEntity = instances === 'many' ? cleanEntity(name) : ''
  const present = createPresent()
  /** Types that are unknown as a whole, because nothing was ever seen of them. */
  const wholly = new Set<string>()

  /** What was unknown as a whole and is seen in its parts now. */
  function replaced({ findings }: CheckResult, isPart: boolean): ConditionKey[] {
    const known = [...wholly].filter((type) => !isPart || findings.some((finding) => finding.type === type))
    for (const type of known) wholly.delete(type)
    const isThere = (type: string) =>
      findings.some((finding) => finding.type === type && (finding.entity ?? '') === ownEntity)
    return known.filter((type) => !isThere(type)).map((type) => ({ type, entity: ownEntity }))
  }

  /** Types of which nothing is known. */
  function silentTypes(): readonly string[] {
    const known = new Set([...present.conditions.values()].map(({ latest }) => latest.type))
    return types.filter((type) => !known.has(type))
  }

  function unknown(err: unknown, observed: Date, except: ReadonlySet<string>): Observation[] {
    const known = [...present.conditions.values()].map(({ latest }) => latest)
    const silent = silentTypes()
    const keys: Subject[] = [...known, ...silent.map((type) => ({ type, entity: ownEntity }))]
    const words = { health: 'unknown', reason: reasonOf(err), message: errorText(err) } as const
    return keys
      .filter(({ type, entity }) => !except.has(conditionKey(type, entity)))
      .map(({ type, entity, subject }) => observationOf({ type, entity, subject, ...words }, name, observed))
  }

  return {
    present,
    ownEntity,
    seen(said, observed, isPart) {
      const result = ofOwn(said, ownEntity)
      const withdrawn = [...(result.withdrawn ?? []), ...replaced(result, isPart)].map(keyOf)
      const all = told(result, observed, withdrawn)
      present.note(all.observations, withdrawn)
      return all
    },
    heard: (result, observed) => told(ofOwn(result, ownEntity), observed, []),
    unheard: (err, observed) => ({
      observations: unknown(err, observed, new Set()),
      withdrawn: [],
      events: [],
      metrics: [],
    }),
    undeclared({ findings }) {
      const strange = findings.map(({ type }) => type).filter((type) => !types.includes(type))
      return strange.length === 0 ? '' : errorText(new UndeclaredError(name, [...new Set(strange)]))
    },
    failed(err, observed, except = new Set()) {
      for (const type of silentTypes()) wholly.add(type)
      const observations = unknown(err, observed, except)
      present.note(observations, [])
      return { observations, withdrawn: [], events: [], metrics: [] }
    },
  }
}
