/** For tests of gates: a question that every gate allows, and what may be other. */

import type { Opening, ProblemSight } from '#model'
import type { Limits, Rung } from '#remedies'
import type { Question } from '../gates/types.ts'
import { EMPTY_STATE } from '../state/types.ts'

/** Of DiskFull on /var. */
export const OPENING: Opening = { fingerprint: 'f1', generation: 17, opened: new Date('2026-05-12T03:14:20Z') }

/** What is seen of it. */
export const SIGHT: ProblemSight = {
  opening: OPENING,
  type: 'DiskFull',
  entity: 'disk:/var',
  subject: undefined,
  severity: 'critical',
  reason: 'AboveCriticalLimit',
  message: '/var is 97 % full',
  evidence: undefined,
  check: 'disk',
  monitor: 'system',
}

/** Its repair. */
export const RUNG: Rung = {
  act: { strategy: 'disk-cleanup', target: 'disk:/var', parameters: {}, text: 'clean up /var' },
  isEnabled: true,
  types: undefined,
  minSeverity: 'warning',
  cooldownMs: 300_000,
  maxAttempts: 3,
  verifyWithinMs: 600_000,
  mode: 'act',
}

/** As they are by default, switched on. */
export const LIMITS: Limits = {
  enabled: { isOn: true, why: '' },
  dryRun: { isOn: false, why: '' },
  perMinute: 2,
  perHour: 10,
  rebootsPerDay: 1,
  breakerThreshold: 5,
  breakerTimeoutMs: 1_800_000,
  approval: [],
  healthyResetMs: 1_800_000,
}

/** A moment at which everything has been well for long. */
export const NOW_MS = 100 * 3_600_000

/** A question that every gate allows. */
export function question(other: Partial<Question> = {}): Question {
  const state = other.state ?? { ...EMPTY_STATE, bootId: 'b1', nowMs: NOW_MS }
  return {
    opening: OPENING,
    rung: RUNG,
    isDisruptive: false,
    limits: LIMITS,
    state,
    ledger: state.ledgers.act,
    mode: 'act',
    truth: {
      heartbeatAgeMs: 1_000,
      waitingMs: 0,
      problem: {
        sight: SIGHT,
        isOpen: true,
        isUnproven: false,
        isFlapping: false,
        held: '',
        isObserveOnly: false,
        lookedAtMs: NOW_MS - 5_000,
        intervalMs: 30_000,
      },
      nodeUpMs: 3_600_000,
      isGoingDown: false,
    },
    mute: { annotation: 'on', holds: [], disruptiveHolds: [] },
    fit: { refusal: '' },
    lease: { kind: 'not-needed' },
    journalTrouble: undefined,
    isUnrecorded: false,
    nowMs: NOW_MS,
    wallMs: 0,
    ...other,
  }
}
