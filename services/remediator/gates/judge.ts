/** All gates about one rung, in order: the same for a plan and for an act. Pure; nothing is consumed by asking. */
import { approval, attempts, breaker, budget, cooldown, lease, nodeBreaker } from './inner.ts'
import { enabled, fit, mute, severity, truth } from './outer.ts'
import { GATES, type Gate, type GateName, type Question, type Said } from './types.ts'

const BY_NAME: Readonly<Record<GateName, Gate>> = {
  enabled,
  truth,
  mute,
  severity,
  fit,
  cooldown,
  attempts,
  breaker,
  'node-breaker': nodeBreaker,
  budget,
  approval,
  lease,
}

/** What one gate said. */
export interface GateSaid {
  readonly gate: GateName
  readonly said: Said
}

/** What all of them come to. */
export interface Judgement {
  /** In their order, every one. */
  readonly gates: readonly GateSaid[]
  /** The first that does not allow; undefined: all do. */
  readonly refusal: GateSaid | undefined
}

/** Asks every gate. */
export function judge(question: Question): Judgement {
  const gates = GATES.map((gate) => ({ gate, said: BY_NAME[gate](question) }))
  return { gates, refusal: gates.find(({ said }) => said.word !== 'allows') }
}

/** Whether it is told and not done, and why; undefined: it is done. Any of them wins. */
export function dryRunReason({
  limits,
  rung,
  mute: { annotation },
}: Pick<Question, 'limits' | 'rung' | 'mute'>): string | undefined {
  if (limits.dryRun.isOn) return limits.dryRun.why
  if (rung.mode === 'observe') return 'remediation.mode of its check is observe'
  return annotation === 'observe' ? 'the node is annotated node-doctor.io/remediation=observe' : undefined
}
