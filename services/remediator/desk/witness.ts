/** Whether anybody would see a problem come back: what is proven healthy while nobody would is not proven for longer by it. */
import type { Problem } from '#model'
import { HEARTBEAT_MS, LATE_LOOKS, WAITING_MS } from '../gates/outer.ts'
import type { SafetyState } from '../state/types.ts'
import type { DeskOptions, Known } from './types.ts'

/** A gap that is shorter hides no opening of which nobody hears afterwards. */
const GAP_MS = 30_000

/** The detector is heard, and what it sees comes through. */
function isWitnessed(known: Pick<Known, 'isKnown' | 'detector'>): boolean {
  const { heartbeatAgeMs, waitingMs } = known.detector()
  return known.isKnown() && heartbeatAgeMs !== undefined && heartbeatAgeMs <= HEARTBEAT_MS && waitingMs <= WAITING_MS
}

function isAnyHealthy({ ledgers }: SafetyState): boolean {
  return Object.values(ledgers).some(({ problems }) =>
    Object.values(problems).some(({ healthySinceMs }) => healthySinceMs !== undefined),
  )
}

/** Looks each time it is asked to, and writes how long nobody would have seen anything. */
export function createWitness({ safety, known }: Pick<DeskOptions, 'safety' | 'known'>): () => Promise<void> {
  let lastMs = safety.nowMs()
  return async () => {
    if (!isWitnessed(known)) return
    const nowMs = safety.nowMs()
    const unwitnessedMs = nowMs - lastMs
    if (unwitnessedMs > GAP_MS && isAnyHealthy(safety.state)) await safety.write({ kind: 'tick', unwitnessedMs })
    lastMs = nowMs
  }
}

/** Whether the check of a problem looks no more, though it does so by the clock. */
export function isLate(
  { safety, known }: { readonly safety: Pick<DeskOptions['safety'], 'nowMs'>; readonly known: Pick<Known, 'around'> },
  problem: Problem,
): boolean {
  const { look } = known.around(problem)
  return look?.intervalMs !== undefined && safety.nowMs() - look.atMs > LATE_LOOKS * look.intervalMs
}
