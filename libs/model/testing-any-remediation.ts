/** Records of repairs with anything in every field, for properties. */
import fc from 'fast-check'
import {
  type Act,
  type ActFigure,
  ATTEMPT_OUTCOMES,
  type Opening,
  type ProblemSight,
  type Remediation,
  type ToldRemediation,
  VERDICTS,
} from './remediation.ts'
import { anyEvidence, anyTime, type Every, every, number, optional, severity, text } from './testing-any.ts'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

const named = text.filter((name) => name !== '')
const whole = fc.nat()
const mode = fc.constantFrom('act' as const, 'dry-run' as const)

const opening = every<Opening>({ fingerprint: text, generation: whole, opened: anyTime })
const sight = every<ProblemSight>({
  opening,
  type: text,
  entity: text,
  subject: optional(named),
  severity,
  reason: text,
  message: text,
  evidence: optional(anyEvidence),
  check: text,
  monitor: text,
})
const parameters = fc
  .dictionary(fc.string({ maxLength: 8 }), text, { maxKeys: 3, noNullPrototype: true })
  .map((any) => Object.fromEntries(Object.entries(any).filter(([name]) => name !== '__proto__')))
const act = every<Act>({ strategy: text, target: text, parameters, text })
const figure = every<ActFigure>({ what: text, before: number, after: number, unit: text })

const kinds: { readonly [K in Remediation['kind']]: Every<Omit<Kind<K>, 'kind'>> } = {
  began: {
    ...{ version: text, nodeUid: optional(named), remediation: optional(named) },
    holds: optional(fc.array(named, { minLength: 1, maxLength: 3 })),
  },
  tick: { unwitnessedMs: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }) },
  refused: { problem: sight, act, mode, gate: text, reason: text, forMs: optional(whole) },
  started: {
    attempt: text,
    problem: sight,
    act,
    mode,
    number: whole,
    of: whole,
    cooldownMs: whole,
    verifyWithinMs: whole,
    approval: optional(named),
    deadlineMs: optional(whole),
  },
  step: { attempt: text, step: text, detail: text },
  ended: {
    attempt: text,
    outcome: fc.constantFrom(...ATTEMPT_OUTCOMES),
    message: text,
    output: text,
    isOutputCut: fc.boolean(),
    durationMs: whole,
    figures: fc.array(figure, { maxLength: 2 }),
    exitCode: optional(fc.integer()),
    mayRun: optional(fc.constant(true as const)),
  },
  verified: { attempt: text, verdict: fc.constantFrom(...VERDICTS), message: text, after: optional(sight) },
  seen: {
    opening,
    resolved: fc.boolean(),
    proof: optional(fc.constantFrom('healthy-checks' as const, 'reboot' as const, 'withdrawn' as const)),
    forgets: fc.boolean(),
  },
  breaker: {
    of: optional(every<{ fingerprint: string; strategy: string }>({ fingerprint: named, strategy: text })),
    state: fc.constantFrom('closed' as const, 'open' as const, 'half-open' as const),
    failures: whole,
    forMs: optional(whole),
  },
  exhausted: { problem: sight, mode },
  paused: { by: text, why: text, forMs: optional(whole) },
  resumed: { by: text },
  approved: { id: text, by: text, opening, forMs: whole },
  reset: { fingerprint: text, by: text },
}

/** Every kind there is. */
export const REMEDIATION_KINDS = Object.keys(kinds) as readonly Remediation['kind'][]

/** A record of one kind. */
export function anyRemediation(kind: Remediation['kind']): fc.Arbitrary<ToldRemediation> {
  const fields = kinds[kind] as Record<string, fc.Arbitrary<unknown>>
  const what = fc.record({ kind: fc.constant(kind), ...fields }) as fc.Arbitrary<Remediation>
  return every<ToldRemediation>({ journal: text, sequence: whole, time: anyTime, bootId: text, monoMs: number, what })
}
