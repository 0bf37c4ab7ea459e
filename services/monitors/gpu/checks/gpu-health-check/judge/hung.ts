/** 6: nvidia-smi does not answer, or a process of the driver is stuck in the kernel. Pure. */
import { duration, plural } from '#monitor-kit/evaluate'
import type { Process } from '../../../driver/processes.ts'
import type { Said } from '../../../judging/said.ts'
import type { HealthReading } from '../reading.ts'
import { whyUnseen } from './unseen.ts'

const ID = 'hung'
const DEADLINES = 3
const STUCK_LOOKS = 5

/** What tells a process from a later one of the same number. */
function keyOf({ pid, started }: Process): string {
  return `${pid} ${started}`
}

/** In how many looks in a row each that is stuck now has been so. */
export function stuckLooks(
  stuck: HealthReading['stuck'],
  before: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  if (!stuck.ok) return before
  return new Map(stuck.value.map((one) => [keyOf(one), (before.get(keyOf(one)) ?? 0) + 1]))
}

const bad = { id: ID, level: 'bad', severity: 'critical', action: 'reboot-node' } as const

const CURE = 'where persistence mode is off, nvidia-persistenced makes it answer at once'
const slow = {
  id: ID,
  level: 'bad',
  severity: 'warning',
  action: 'restart-service',
  needed: DEADLINES,
  reason: 'AnswersLate',
  summary: 'nvidia-smi takes longer than 10 s',
} as const

function stuckSaid(stuck: readonly Process[], looks: ReadonlyMap<string, number>): Said | undefined {
  const [worst] = stuck.toSorted((a, b) => (looks.get(keyOf(b)) ?? 0) - (looks.get(keyOf(a)) ?? 0))
  if (worst === undefined) return undefined
  const { name, pid } = worst
  // Anybody gives a process that name, and lets it sleep so: while nvidia-smi answers us it is no matter of the node.
  const message = `${name} (pid ${pid}) sleeps in the kernel where no signal reaches it, and nvidia-smi is not held up by that`
  const summary = `${name} is stuck in the driver`
  const lasting = { needed: STUCK_LOOKS, looks: looks.get(keyOf(worst)) ?? 1 }
  return {
    ...bad,
    severity: 'warning',
    action: 'contact-support',
    reason: 'ProcessStuck',
    message,
    summary,
    ...lasting,
  }
}

/** 6. @param looks of this look, by {@link stuckLooks} */
export function judgeHung({ query, stuck }: HealthReading, looks: ReadonlyMap<string, number>): Said {
  if (query.kind === 'late' || query.kind === 'held') {
    const { message } = whyUnseen(query) ?? { message: '' }
    const inKernel = stuck.ok && stuck.value.length > 0
    // What ends when it is asked to does not stand in the kernel: without persistence mode each GPU is made ready anew for each question.
    if (query.kind === 'late' && !query.isThere && !inKernel)
      return { ...slow, message: `${message}, and ended when it was asked to; ${CURE}` }
    return { ...bad, reason: 'NoAnswer', message, summary: 'nvidia-smi does not answer', needed: DEADLINES }
  }
  const inKernel = stuck.ok ? stuckSaid(stuck.value, looks) : undefined
  if (inKernel !== undefined) return inKernel
  // What says why it has no answer was not held up by the driver; what says nothing that is understood may have been.
  const isUnderstood = query.kind === 'rows' || (query.kind === 'failed' && query.failure.kind !== 'other')
  const unseen = isUnderstood ? undefined : whyUnseen(query)
  if (unseen !== undefined) return { id: ID, level: 'unknown', reason: unseen.reason, message: unseen.message }
  const took = 'tookMs' in query ? ` within ${duration(query.tookMs)}` : ''
  const rows = query.kind === 'rows' ? `, ${plural(query.answer.rows.length, 'GPU')}` : ''
  return { id: ID, level: 'ok', message: `nvidia-smi answers${took}${rows}` }
}
