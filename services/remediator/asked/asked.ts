/** What people ask: what was done, what would be done, and to leave it. */
import { isOpen, type Problem } from '#model'
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
import { toProtoToldRemediation } from '#wire/remediation'
import { APPROVED_MS } from '../cluster/approvals.ts'
import { inTurn } from '../desk/desk.ts'
import { isFor } from '../desk/ladder.ts'
import { planFor, plansFor } from '../desk/plan.ts'
import type { DeskOptions } from '../desk/types.ts'
import { NoSuchThingError } from '../errors.ts'
import { approvalId } from '../gates/approval-id.ts'
import { openingOf } from '../know/truth.ts'
import { heldBackOf } from './held-back.ts'
import { type HistoryWish, historyOf } from './history.ts'

const NAMED_MAX = 20

/** What may be asked. Each throws NoSuchThingError for a name that nothing has, and what the journal says where it cannot be written. */
export interface Asked {
  history(wish: HistoryWish): HistoryResponse
  breakers(): BreakersResponse
  plan(problem: string): Promise<PlanResponse>
  approve(id: string, by: string): Promise<ApproveResponse>
  pause(of: { readonly by: string; readonly why: string; readonly forMs: number }): Promise<PauseResponse>
  resume(by: string): Promise<ResumeResponse>
  reset(what: string, by: string): Promise<ResetResponse>
}

/** "DiskFull/disk:/var"; "MemoryLow" of the node. */
function nameOf({ type, entity }: Problem): string {
  return entity === '' ? type : `${type}/${entity}`
}

function isCalled(problem: Problem, name: string): boolean {
  return name === problem.fingerprint || name === nameOf(problem)
}

/** Problems that are open by this name; "": all that a strategy is for. */
function openNamed({ known, ladderOf }: DeskOptions, name: string): readonly Problem[] {
  const all = inTurn(known.problems())
  if (name === '') return all.filter((problem) => ladderOf(problem).some((rung) => isFor(rung, problem.type)))
  const found = all.filter((problem) => isCalled(problem, name))
  if (found.length > 0) return found
  const open = all.length === 0 ? 'none' : all.slice(0, NAMED_MAX).map(nameOf).join(', ')
  throw new NoSuchThingError(`no problem ${JSON.stringify(name)} is open; open are: ${open}`)
}

/** The problem whose act waits under this id. */
function waitingFor({ known, ladderOf }: DeskOptions, id: string): Problem {
  const found = inTurn(known.problems()).find((problem) =>
    ladderOf(problem).some(({ act }) => approvalId(openingOf(problem), act) === id),
  )
  if (found !== undefined) return found
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

async function forget({ safety, known }: DeskOptions, what: string, by: string): Promise<ResetResponse> {
  const problem = [...known.problems()].find((one) => isCalled(one, what))
  const fingerprint = problem?.fingerprint ?? what
  const { ledgers, unended } = safety.state
  const { act, 'dry-run': dry } = ledgers
  const mayRun = unended.find(({ opening }) => opening.fingerprint === fingerprint)
  if (mayRun === undefined && !Object.hasOwn(act.problems, fingerprint) && !Object.hasOwn(dry.problems, fingerprint)) {
    const yet = problem !== undefined && isOpen(problem) ? ' yet' : ''
    throw new NoSuchThingError(`nothing was done about ${JSON.stringify(what)}${yet}`)
  }
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

/** @param changed something was written that the desk has to look at */
export function createAsked(options: DeskOptions, changed: () => void): Asked {
  const { safety, limits } = options
  const write = async (what: Parameters<typeof safety.write>[0]) => {
    await safety.write(what)
    changed()
  }
  return {
    history: (wish) => ({
      records: historyOf(safety.ring.all(), wish).map(toProtoToldRemediation),
      unusable: safety.trouble ?? '',
    }),
    breakers: () => heldBackOf(safety.state, limits, safety.nowMs()),
    async plan(name) {
      return { plans: await plansFor(options, openNamed(options, name)) }
    },
    async approve(id, by) {
      const problem = waitingFor(options, id)
      await write({ kind: 'approved', id, by, opening: openingOf(problem), forMs: APPROVED_MS })
      return { plan: await planFor(options, problem) }
    },
    async pause({ by, why, forMs }) {
      await write({ kind: 'paused', by, why, ...(forMs > 0 && { forMs }) })
      return { running: runningOf(safety) }
    },
    async resume(by) {
      await write({ kind: 'resumed', by })
      return {}
    },
    async reset(what, by) {
      const done = what === 'journal' ? await putAside(options, by) : await forget(options, what, by)
      changed()
      return done
    },
  }
}
