/**
 * For properties of the gates: a node with a true time that nobody in it knows. It is killed, booted, suspended, and told lies about
 * the hour; whoever acts in it has the journal, the gates, and the monotonic clock of its boot.
 */

import type { Opening, Remediation, RemediationRecord } from '#model'
import type { Limits, Rung } from '#remedies'
import { approvalId } from '../gates/approval-id.ts'
import { judge } from '../gates/judge.ts'
import type { Question } from '../gates/types.ts'
import { fold } from '../state/fold.ts'
import { journalTime } from '../state/time.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { question, SIGHT } from './questions.ts'

/** What happens next. `ms`: of true time before it. */
export interface Happening {
  readonly ms: number
  readonly kind:
    | 'look'
    | 'opens'
    | 'resolves'
    | 'kill'
    | 'boot'
    | 'suspend'
    | 'clock'
    | 'silent'
    | 'speaks'
    | 'fails'
    | 'helps'
    | 'unseen'
    | 'pause'
    | 'resume'
    | 'approve'
  readonly problem: number
  readonly rung: number
}

/** An act that was really begun. */
export interface Done {
  readonly trueMs: number
  readonly fingerprint: string
  readonly rung: Rung
  readonly wasPaused: boolean
  readonly wasOpen: boolean
  readonly wasSpeaking: boolean
  /** How often its problem had been seen well for so long that what was done before counts no more. */
  readonly era: number
  /** It helped or failed, so that it counts among attempts; else nobody saw. */
  counts: boolean
}

interface Place {
  generation: number
  isOpen: boolean
  /** For how long somebody has seen it well, in true time, since it was open last. */
  wellMs: number
  /** How often that was long enough, so that nothing counts any more. */
  era: number
}

const EXAMPLE = question()
const PAUSE_MS = 7_200_000
/** As `desk/witness.ts` has it. */
const GAP_MS = 30_000

/** A world that has not begun. */
export function createWorld({ limits, rungs, problems }: { limits: Limits; rungs: readonly Rung[]; problems: number }) {
  const places: Place[] = Array.from({ length: problems }, () => ({ generation: 0, isOpen: false, wellMs: 0, era: 0 }))
  const done: Done[] = []
  let state: SafetyState = EMPTY_STATE
  let trueMs = 0
  let bootedMs = 0
  let suspendedMs = 0
  let boot = 1
  let wallMs = Date.parse('2026-05-12T03:14:20Z')
  let isSpeaking = true
  let silentSinceMs = 0
  let running: string | undefined
  let attempts = 0
  let pausedUntilMs = 0
  /** Silence that is told nowhere, since it was short, or whoever would have told of it was killed. */
  let untoldMs = 0

  const moment = () => ({ bootId: `b${boot}`, monoMs: trueMs - bootedMs - suspendedMs })
  const write = (what: Remediation): void => {
    const record: RemediationRecord = { ...moment(), time: new Date(wallMs), what }
    state = fold(state, record)
  }
  const openingOf = (index: number): Opening => ({
    fingerprint: `f${index}`,
    generation: places[index]?.generation ?? 0,
    opened: new Date(0),
  })

  function asked(index: number, rung: Rung): Question {
    const nowMs = journalTime(state, moment())
    const opening = openingOf(index)
    return {
      ...EXAMPLE,
      opening,
      rung,
      limits,
      state,
      ledger: state.ledgers.act,
      nowMs,
      wallMs,
      truth: {
        ...EXAMPLE.truth,
        heartbeatAgeMs: isSpeaking ? 1_000 : 60_000,
        nodeUpMs: moment().monoMs,
        problem: {
          sight: { ...SIGHT, opening },
          isOpen: places[index]?.isOpen ?? false,
          isUnproven: false,
          isFlapping: false,
          held: '',
          isObserveOnly: false,
          lookedAtMs: nowMs,
          intervalMs: 30_000,
        },
      },
    }
  }

  /** As the remediator does it: look, judge, and begin what every gate allows. */
  function look(index: number, rung: Rung): void {
    const before = state
    const { refusal } = judge(asked(index, rung))
    if (state !== before) throw new Error('a gate consumed something')
    if (refusal !== undefined || running !== undefined) return
    attempts++
    running = `a${attempts}`
    done.push({
      trueMs,
      fingerprint: `f${index}`,
      rung,
      wasPaused: trueMs < pausedUntilMs,
      wasOpen: places[index]?.isOpen ?? false,
      wasSpeaking: isSpeaking,
      era: places[index]?.era ?? 0,
      counts: true,
    })
    const approval = limits.approval.includes(rung.act.strategy) ? approvalId(openingOf(index), rung.act) : undefined
    write({
      kind: 'started',
      attempt: running,
      problem: { ...SIGHT, opening: openingOf(index) },
      act: rung.act,
      mode: 'act',
      number: 1,
      of: rung.maxAttempts,
      cooldownMs: rung.cooldownMs,
      verifyWithinMs: rung.verifyWithinMs,
      ...(approval !== undefined && { approval }),
    })
  }

  function settle(how: 'fails' | 'helps' | 'unseen'): void {
    if (running === undefined) return
    const attempt = running
    running = undefined
    const last = done.at(-1)
    if (last !== undefined) last.counts = how !== 'unseen'
    const outcome = how === 'fails' ? ('failed' as const) : ('succeeded' as const)
    write({ kind: 'ended', attempt, outcome, message: '', output: '', isOutputCut: false, durationMs: 1, figures: [] })
    if (outcome === 'failed') return
    const verdict = how === 'helps' ? ('proven' as const) : ('not-observed' as const)
    write({ kind: 'verified', attempt, verdict, message: '' })
  }

  /** The process of before runs no more, and says nothing of how it ended. */
  function begin(): void {
    write({ kind: 'began', version: '1' })
    // What was before is told by that; of the silence in its own time it tells from here on.
    const nowMs = journalTime(state, moment())
    if (!isSpeaking) untoldMs += Math.min(GAP_MS, Math.max(0, nowMs - silentSinceMs))
    silentSinceMs = nowMs
    for (const { attempt, endedAtMs } of state.ledgers.act.open) {
      if (endedAtMs === undefined)
        write({
          kind: 'ended',
          attempt,
          outcome: 'lost',
          message: '',
          output: '',
          isOutputCut: false,
          durationMs: 0,
          figures: [],
        })
      else write({ kind: 'verified', attempt, verdict: 'not-observed', message: '' })
    }
    running = undefined
  }

  function opens(index: number, place: Place): void {
    if (place.isOpen) return
    place.isOpen = true
    place.generation++
    if (place.wellMs >= limits.healthyResetMs - untoldMs) place.era++
    write({ kind: 'seen', opening: openingOf(index), resolved: false, forgets: false })
  }

  /** As the desk does it at each turn. */
  function tellSilence(): void {
    const nowMs = journalTime(state, moment())
    if (isSpeaking || nowMs - silentSinceMs <= GAP_MS) return
    write({ kind: 'tick', unwitnessedMs: nowMs - silentSinceMs })
    silentSinceMs = nowMs
  }

  /** As the desk does it at each turn: what was proven well for long enough is forgotten, when that is reached and somebody sees it. */
  function forget(): void {
    if (!isSpeaking) return
    const nowMs = journalTime(state, moment())
    for (const [index, { isOpen }] of places.entries()) {
      const since = state.ledgers.act.problems[`f${index}`]?.healthySinceMs
      if (isOpen || since === undefined || nowMs - since < limits.healthyResetMs) continue
      write({ kind: 'seen', opening: openingOf(index), resolved: true, proof: 'healthy-checks', forgets: true })
    }
  }

  function happen({ ms, kind, problem, rung: rungAt }: Happening): void {
    trueMs += ms
    wallMs += ms
    tellSilence()
    if (isSpeaking) for (const each of places) each.wellMs += ms
    forget()
    const place = places[problem % problems]
    const rung = rungs[rungAt % rungs.length]
    if (place === undefined || rung === undefined) return
    const index = problem % problems
    const steps: Record<Happening['kind'], () => void> = {
      look: () => look(index, rung),
      opens: () => opens(index, place),
      resolves: () => {
        if (!place.isOpen) return
        place.isOpen = false
        place.wellMs = 0
        write({ kind: 'seen', opening: openingOf(index), resolved: true, proof: 'healthy-checks', forgets: false })
      },
      kill: begin,
      boot: () => {
        boot++
        bootedMs = trueMs
        suspendedMs = 0
        begin()
      },
      suspend: () => {
        suspendedMs += ms
      },
      clock: () => {
        wallMs += (problem - 1) * 86_400_000 * 30
      },
      silent: () => {
        if (isSpeaking) silentSinceMs = journalTime(state, moment())
        isSpeaking = false
      },
      speaks: () => {
        const nowMs = journalTime(state, moment())
        // A shorter gap is none.
        if (!isSpeaking) untoldMs += Math.max(0, nowMs - silentSinceMs)
        isSpeaking = true
      },
      fails: () => settle('fails'),
      helps: () => settle('helps'),
      unseen: () => settle('unseen'),
      pause: () => {
        pausedUntilMs = trueMs + PAUSE_MS
        write({ kind: 'paused', by: 'ann', why: 'x', forMs: PAUSE_MS })
      },
      resume: () => {
        pausedUntilMs = 0
        write({ kind: 'resumed', by: 'ann' })
      },
      approve: () =>
        write({
          kind: 'approved',
          id: approvalId(openingOf(index), rung.act),
          by: 'ann',
          opening: openingOf(index),
          forMs: 3_600_000,
        }),
    }
    steps[kind]()
  }

  begin()
  return {
    happen,
    done: done as readonly Done[],
    get state() {
      return state
    },
  }
}
