/** What people ask: what was done, what would be done, and to leave it. */
import { isOpen, type Problem } from '#model'
import type {
  ApproveResponse,
  BreakersResponse,
  Budget,
  HistoryResponse,
  PauseResponse,
  PlanResponse,
  ProblemPlan,
  ResetResponse,
  ResumeResponse,
} from '#proto/nodedoctor/v1/remediation.ts'
import { toProtoToldRemediation } from '#wire/remediation'
import { toProtoBreaker } from '#wire/remediation-parts'
import { APPROVED_MS } from './cluster/approvals.ts'
import { breakersOf } from './desk/breakers.ts'
import { inTurn } from './desk/desk.ts'
import { isFor } from './desk/ladder.ts'
import { planFor } from './desk/plan.ts'
import type { DeskOptions } from './desk/types.ts'
import { NoSuchThingError } from './errors.ts'
import { approvalId } from './gates/approval-id.ts'
import { openingOf } from './know/truth.ts'

const HISTORY = 100
const HISTORY_MAX = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** What may be asked. Each throws NoSuchThingError for a name that nothing has, and what the journal says where it cannot be written. */
export interface Asked {
  history(of: { readonly limit: number; readonly fingerprint: string; readonly before: number }): HistoryResponse
  breakers(): BreakersResponse
  plan(problem: string): Promise<PlanResponse>
  approve(id: string, by: string): Promise<ApproveResponse>
  pause(of: { readonly by: string; readonly why: string; readonly forMs: number }): Promise<PauseResponse>
  resume(by: string): Promise<ResumeResponse>
  reset(what: string, by: string): Promise<ResetResponse>
}

/** "DiskFull/disk:/var", "MemoryLow" of the node, or a fingerprint. */
function isCalled(problem: Problem, name: string): boolean {
  const { type, entity, fingerprint } = problem
  return name === fingerprint || name === (entity === '' ? type : `${type}/${entity}`)
}

function fingerprintsOf(record: { readonly what: { readonly kind: string } }): string | undefined {
  const { what } = record as { readonly what: Record<string, unknown> }
  const { problem, opening, fingerprint } = what as {
    problem?: { opening: { fingerprint: string } }
    opening?: { fingerprint: string }
    fingerprint?: string
  }
  return problem?.opening.fingerprint ?? opening?.fingerprint ?? fingerprint
}

/** @param changed something was written that the desk has to look at */
export function createAsked(options: DeskOptions, changed: () => void): Asked {
  const { safety, known, limits, ladderOf } = options

  function openNamed(name: string): readonly Problem[] {
    const all = inTurn(known.problems())
    if (name === '') return all.filter((problem) => ladderOf(problem).some((rung) => isFor(rung, problem.type)))
    const found = all.filter((problem) => isCalled(problem, name))
    if (found.length > 0) return found
    const open = all.map(({ type, entity }) => (entity === '' ? type : `${type}/${entity}`))
    throw new NoSuchThingError(
      `no problem ${JSON.stringify(name)} is open; open are: ${open.length === 0 ? 'none' : open.slice(0, 20).join(', ')}`,
    )
  }

  function budget(name: string, starts: readonly number[], limit: number, windowMs: number): Budget {
    const nowMs = safety.nowMs()
    const within = starts.filter((atMs) => nowMs - atMs < windowMs)
    const [first] = within.slice(-limit)
    const isFull = limit > 0 && within.length >= limit && first !== undefined
    return {
      name,
      used: within.length,
      limit,
      windowMs,
      forMs: isFull ? Math.round(first + windowMs - nowMs) : undefined,
    }
  }

  return {
    history({ limit, fingerprint, before }) {
      const most = Math.min(limit === 0 ? HISTORY : limit, HISTORY_MAX)
      const attempts = new Set<string>()
      const records = safety.ring.all().filter((record) => {
        if (before !== 0 && record.sequence >= before) return false
        if (fingerprint === '') return record.what.kind !== 'tick'
        const { what } = record
        if (fingerprintsOf(record) === fingerprint) {
          if (what.kind === 'started') attempts.add(what.attempt)
          return true
        }
        return 'attempt' in what && attempts.has(what.attempt)
      })
      return {
        records: records.slice(-most).toReversed().map(toProtoToldRemediation),
        unusable: safety.trouble ?? '',
      }
    },
    breakers() {
      const { state } = safety
      const nowMs = safety.nowMs()
      const { starts, reboots } = state.ledgers.act
      const { paused } = state
      const isPaused = paused !== undefined && (paused.untilMs === undefined || paused.untilMs > nowMs)
      return {
        breakers: [...breakersOf(state, limits, nowMs).values()].map(({ of, state: word, failures, forMs }) => ({
          fingerprint: of?.fingerprint ?? '',
          strategy: of?.strategy ?? '',
          state: toProtoBreaker(word),
          failures,
          forMs: forMs === undefined ? undefined : Math.round(forMs),
        })),
        budgets: [
          budget('minute', starts, limits.perMinute, MINUTE_MS),
          budget('hour', starts, limits.perHour, HOUR_MS),
          budget('reboots', reboots, limits.rebootsPerDay, DAY_MS),
        ],
        paused: isPaused
          ? {
              by: paused.by,
              why: paused.why,
              forMs: paused.untilMs === undefined ? undefined : Math.round(paused.untilMs - nowMs),
            }
          : undefined,
      }
    },
    async plan(name) {
      return { plans: await Promise.all(openNamed(name).map((problem) => planFor(options, problem))) }
    },
    async approve(id, by) {
      const found = inTurn(known.problems()).flatMap((problem) => {
        const opening = openingOf(problem)
        return ladderOf(problem).some(({ act }) => approvalId(opening, act) === id) ? [{ problem, opening }] : []
      })
      const [one] = found
      if (one === undefined)
        throw new NoSuchThingError(
          `nothing waits for the approval ${JSON.stringify(id)}: "node-doctor plan" has the ids; one is void with another opening of its problem`,
        )
      await safety.write({ kind: 'approved', id, by, opening: one.opening, forMs: APPROVED_MS })
      changed()
      const plan: ProblemPlan = await planFor(options, one.problem)
      return { plan }
    },
    async pause({ by, why, forMs }) {
      await safety.write({ kind: 'paused', by, why, ...(forMs > 0 && { forMs }) })
      changed()
      return {}
    },
    async resume(by) {
      await safety.write({ kind: 'resumed', by })
      changed()
      return {}
    },
    async reset(what, by) {
      if (what === 'journal') {
        if (safety.trouble === undefined)
          throw new NoSuchThingError('the journal can be used: there is nothing to put aside')
        await safety.renew()
        changed()
        return { text: `the journal was put aside by ${by}: attempts, breakers and cooldowns are forgotten` }
      }
      const known_ = [...known.problems()].find((problem) => isCalled(problem, what))
      const fingerprint = known_?.fingerprint ?? what
      const { act, 'dry-run': dry } = safety.state.ledgers
      if (act.problems[fingerprint] === undefined && dry.problems[fingerprint] === undefined)
        throw new NoSuchThingError(
          `nothing was done about ${JSON.stringify(what)}${known_ !== undefined && isOpen(known_) ? ' yet' : ''}`,
        )
      await safety.write({ kind: 'reset', fingerprint, by })
      changed()
      return { text: `attempts, cooldown and breakers of ${what} are forgotten` }
    },
  }
}
