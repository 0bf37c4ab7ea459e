/** What people ask: what was done, what would be done, and to leave it. */
import type { Problem } from '#model'
import type {
  ApproveResponse,
  BreakersResponse,
  HistoryResponse,
  PauseResponse,
  PlanResponse,
  ResetResponse,
  ResumeResponse,
  RunningAttempt,
} from '#proto/nodedoctor/v1/remediation.ts'
import { PAUSE_MS } from '#remedies'
import { toProtoToldRemediation } from '#wire/remediation'
import { APPROVED_MS } from '../cluster/approvals.ts'
import { inTurn } from '../desk/desk.ts'
import { planFor, plansFor } from '../desk/plan.ts'
import type { DeskOptions } from '../desk/types.ts'
import { NoSuchThingError, OutOfBoundsError } from '../errors.ts'
import { approvalId } from '../gates/approval-id.ts'
import { openingOf } from '../know/truth.ts'
import { heldBackOf, pausedOf } from './held-back.ts'
import { fingerprintsIn, type HistoryWish, historyOf } from './history.ts'
import { fingerprintDone, namesOf, openNamed } from './names.ts'

/** What may be asked. Each throws NoSuchThingError for a name that nothing has, OutOfBoundsError for a pause of
 * no sense, and what the journal says where it cannot be written. */
export interface Asked {
  history(wish: HistoryWish): HistoryResponse
  breakers(): BreakersResponse
  plan(problem: string): Promise<PlanResponse>
  approve(id: string, by: string): Promise<ApproveResponse>
  pause(of: { readonly by: string; readonly why: string; readonly forMs: number }): Promise<PauseResponse>
  resume(by: string): Promise<ResumeResponse>
  reset(what: string, by: string): Promise<ResetResponse>
}

/** The problem whose act waits under this id. */
function waitingFor({ known, ladderOf, limits }: DeskOptions, id: string): Problem {
  for (const problem of inTurn(known.problems())) {
    const rung = ladderOf(problem).find(({ act }) => approvalId(openingOf(problem), act) === id)
    if (rung === undefined) continue
    if (limits.approval.includes(rung.strategy)) return problem
    throw new NoSuchThingError(
      `nothing waits for the approval ${JSON.stringify(id)}: ${rung.strategy} needs none (remediation.approval)`,
    )
  }
  throw new NoSuchThingError(
    `nothing waits for the approval ${JSON.stringify(id)}: "node-doctor plan" has the ids; one is void with another opening of its problem`,
  )
}

async function putAside({ safety, left }: DeskOptions, by: string): Promise<ResetResponse> {
  if (safety.trouble === undefined) throw new NoSuchThingError('the journal can be used: there is nothing to put aside')
  await safety.renew(by)
  const stands = left?.() ?? ''
  // What was left there by an attempt that nobody remembers is proven well by nothing.
  const still = stands === '' ? '' : `; nobody knows any more for what, so ${stands}, by you, when it is well`
  return { text: `the journal was put aside by ${by}: attempts, breakers and cooldowns are forgotten${still}` }
}

async function forget(options: DeskOptions, what: string, by: string): Promise<ResetResponse> {
  const { safety } = options
  const fingerprint = fingerprintDone(options, what)
  const mayRun = safety.state.unended.find(({ opening }) => opening.fingerprint === fingerprint)
  await safety.write({ kind: 'reset', fingerprint, by })
  const letGo = mayRun === undefined ? '' : `; attempt ${mayRun.attempt} is let go of: it may run still`
  return {
    text: `attempts, cooldown and breakers of ${what} are forgotten, the cooldown of what was done for it (also for other problems), and the breaker of the node${letGo}`,
  }
}

/** What a pause does not reach: it was begun, and to leave it half done would be worse. */
function runningOf({ state, nowMs }: DeskOptions['safety']): RunningAttempt | undefined {
  const open = state.ledgers.act.open.find(({ endedAtMs }) => endedAtMs === undefined)
  if (open === undefined) return undefined
  const { attempt, strategy, target, startedAtMs } = open
  return { attempt, strategy, target, forMs: Math.round(Math.max(0, nowMs() - startedAtMs)) }
}

/** What holds repairs back as a whole, and whose breakers these are. @param silent whoever carries acts out and does not answer */
function heldBack(options: DeskOptions, silent: readonly string[]): BreakersResponse {
  const { safety, limits } = options
  const held = heldBackOf(safety.state, limits, safety.nowMs())
  const names = namesOf(options, new Set(held.breakers.map(({ fingerprint }) => fingerprint)))
  const unusable = safety.trouble ?? ''
  // What a journal knew that cannot be read, a budget that is whole would deny.
  const budgets = unusable === '' || safety.ring.all().length > 0 ? held.budgets : []
  return { ...held, budgets, unusable, names, silent: [...silent] }
}

/**
 * @param changed something was written that the desk has to look at
 * @param silent whoever carries acts out in a process of its own, and did not answer when it was asked last
 */
export function createAsked(
  options: DeskOptions,
  changed: () => void,
  silent: () => readonly string[] = () => [],
): Asked {
  const { safety } = options
  const write = async (what: Parameters<typeof safety.write>[0]) => {
    await safety.write(what)
    changed()
  }
  return {
    history(wish) {
      const records = historyOf(safety.ring.all(), wish)
      const names = namesOf(options, new Set(records.flatMap(fingerprintsIn)))
      return { records: records.map(toProtoToldRemediation), unusable: safety.trouble ?? '', names }
    },
    breakers: () => heldBack(options, silent()),
    async plan(name) {
      return { plans: await plansFor(options, openNamed(options, name)), unusable: safety.trouble ?? '' }
    },
    async approve(id, by) {
      const problem = waitingFor(options, id)
      await write({ kind: 'approved', id, by, opening: openingOf(problem), forMs: APPROVED_MS })
      return { plan: await planFor(options, problem) }
    },
    async pause({ by, why, forMs }) {
      if (forMs !== 0 && !(forMs >= PAUSE_MS.min && forMs <= PAUSE_MS.max))
        throw new OutOfBoundsError(
          `for_ms ${forMs}: expected 0 (until it is resumed), or ${PAUSE_MS.min} to ${PAUSE_MS.max}`,
        )
      let replaced: PauseResponse['replaced']
      await safety.writeIf({ kind: 'paused', by, why, ...(forMs > 0 && { forMs }) }, (state) => {
        replaced = pausedOf(state, safety.nowMs())
        return true
      })
      changed()
      return { running: runningOf(safety), replaced }
    },
    async resume(by) {
      let ended: ResumeResponse['ended']
      await safety.writeIf({ kind: 'resumed', by }, (state) => {
        ended = pausedOf(state, safety.nowMs())
        return ended !== undefined
      })
      changed()
      return { ended }
    },
    async reset(what, by) {
      const done = what === 'journal' ? await putAside(options, by) : await forget(options, what, by)
      changed()
      return done
    },
  }
}
