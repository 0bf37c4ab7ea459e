/** What is done to a unit of systemd: a job, and how the unit stands after it. */
import type { JobVerb, UnitStanding } from '#host/acts'
import { passes } from '#steps'
import { nameOf } from '../actions/target.ts'
import type { Action, Attempt, Ended, Note, Tools } from '../actions/types.ts'
import { whyContainersEnd } from '../runtime/live-restore.ts'
import { ownUnits } from './own-units.ts'
import { refusalOf } from './refusal.ts'

/** How long a unit has to stand as it should before that counts, and how often it is looked meanwhile. */
const STAND_MS = 5_000
const LOOK_MS = 500
/** Of the attempt's time so much is left for looking. */
const AFTER_MS = STAND_MS + 2_000
const MIN_JOB_MS = 1_000
/**
 * So long a job is waited for beyond its time: what it began goes on, and nothing else may begin beside it. systemd ends most before that, by the
 * unit's own TimeoutStopSec and TimeoutStartSec; of one that has none, nobody knows when.
 */
const GOES_ON_MS = 900_000

/** What is done to which unit. */
interface UnitJob {
  readonly verb: JobVerb
  /** "kubelet.service" */
  readonly name: string
}

/** How a unit stood before. */
interface Before extends Note {
  readonly invocationId: string
  readonly mainPid: string
}

function beforeOf({ invocationId, mainPid }: UnitStanding): Before {
  return { invocationId, mainPid: mainPid === undefined ? '' : String(mainPid) }
}

/** What is wrong with how it stands; "" where it is as it should be. Pure. */
export function faultOf(verb: JobVerb, before: Note, now: UnitStanding): string {
  const { id, activeState, subState, result, invocationId, mainPid } = now
  const state = `${id} is ${activeState} (${subState}${result === '' || result === 'success' ? '' : `, ${result}`})`
  if (verb === 'stop') return activeState === 'inactive' || activeState === 'failed' ? '' : state
  if (activeState !== 'active') return state
  if (verb === 'reload') return invocationId === before['invocationId'] ? '' : `${id} was started anew meanwhile`
  if (invocationId === before['invocationId']) return `${id} is active, and was not started anew`
  const isSame = mainPid !== undefined && String(mainPid) === before['mainPid']
  return isSame ? `${id} is active with the same main process` : ''
}

const DONE: Readonly<Record<JobVerb, (now: UnitStanding) => string>> = {
  start: ({ id, mainPid }) => `${id} is active${mainPid === undefined ? '' : `, main process ${mainPid}`}`,
  restart: ({ id, mainPid }) => `${id} is active anew${mainPid === undefined ? '' : `, main process ${mainPid}`}`,
  stop: ({ id, activeState }) => `${id} is ${activeState}`,
  reload: ({ id }) => `${id} was reloaded and is active`,
}

/** A service may name another main process without a new start (PIDFile=, MAINPID=); what systemd numbers it numbers at each start. */
function isSameLife(first: UnitStanding, now: UnitStanding): boolean {
  if (first.invocationId !== '') return now.invocationId === first.invocationId
  return now.mainPid === first.mainPid
}

/** Looks until it has stood as it should for 5 s, and in the same life all the time. */
async function stands({ verb, name }: UnitJob, before: Note, attempt: Attempt, { acts, clock }: Tools): Promise<Ended> {
  const endMs = clock.monotonicMs() + STAND_MS
  let first: UnitStanding | undefined
  for (;;) {
    const said = await acts.systemd.standing(name, { signal: attempt.signal })
    if (said.kind === 'said') {
      const now = said.value
      const fault = faultOf(verb, before, now)
      if (fault !== '') return { outcome: 'failed', message: fault }
      first ??= now
      if (!isSameLife(first, now))
        return { outcome: 'failed', message: `${now.id} does not stay: it was started again within 5 s` }
      if (clock.monotonicMs() >= endMs) return { outcome: 'succeeded', message: DONE[verb](now) }
    } else if (clock.monotonicMs() >= endMs + STAND_MS) return { outcome: 'failed', message: said.message }
    await clock.sleep(LOOK_MS, attempt.signal)
  }
}

/**
 * Waits until a job is over, also beyond its attempt's time: it cannot be called off, since a restart that is taken back after its stop
 * leaves the unit stopped. undefined: it is over.
 */
async function jobOver({ name }: UnitJob, attempt: Attempt, { acts, clock }: Tools): Promise<Ended | undefined> {
  const lateMs = clock.monotonicMs() + Math.max(MIN_JOB_MS, attempt.deadlineMs - AFTER_MS)
  for (;;) {
    const said = await acts.systemd.standing(name, { signal: attempt.signal })
    const nowMs = clock.monotonicMs()
    if (said.kind === 'said' && !said.value.hasJob) return undefined
    // Whether there is a job nobody says: without its bus nothing else of the host can be done either.
    if (said.kind === 'unknown' && nowMs >= lateMs) return { outcome: 'failed', message: said.message }
    if (nowMs >= lateMs + GOES_ON_MS)
      return { outcome: 'failed', message: `the job of ${name} is not over; it goes on` }
    await clock.sleep(LOOK_MS, attempt.signal)
  }
}

/** What a job's end means where it is not "done". */
function jobFailed({ verb, name }: UnitJob, result: string, now: UnitStanding | undefined): Ended {
  const state =
    now === undefined ? '' : `: it is ${now.activeState} (${now.subState}${now.result === '' ? '' : `, ${now.result}`})`
  return { outcome: 'failed', message: `systemd could not ${verb} ${name} (${result})${state}` }
}

async function whyNot({ verb }: UnitJob, standing: UnitStanding, { host }: Tools): Promise<string> {
  return refusalOf(verb, standing, await ownUnits(host)) || whyContainersEnd(verb, standing, host)
}

async function begin(unit: UnitJob, attempt: Attempt, tools: Tools): Promise<Ended> {
  const { systemd } = tools.acts
  const { verb, name } = unit
  const { signal } = attempt
  const said = await systemd.standing(name, { signal })
  if (said.kind === 'unknown') return { outcome: 'declined', message: said.message }
  const refusal = await whyNot(unit, said.value, tools)
  if (refusal !== '') return { outcome: 'declined', message: refusal }
  const before = beforeOf(said.value)
  await attempt.note(before)
  // Else systemd may refuse to start it (start-limit-hit, which it does not always say): how often it may be is the remediator's to say.
  if (verb === 'start' || verb === 'restart') await systemd.resetFailed(name, { signal })
  const timeoutMs = Math.max(MIN_JOB_MS, attempt.deadlineMs - AFTER_MS)
  passes('job to be asked for')
  const job = await systemd.job(verb, name, { timeoutMs, signal })
  if (job.kind === 'unknown') return { outcome: 'failed', message: job.message }
  passes('job over')
  const { result } = job.value
  // Its time is over and it goes on, or the bus was lost after systemd had taken it: how the unit stands tells.
  if (result === 'running' || result === 'unheard')
    return (await jobOver(unit, attempt, tools)) ?? stands(unit, before, attempt, tools)
  if (result === 'done') return stands(unit, before, attempt, tools)
  const after = await systemd.standing(name, { signal })
  return jobFailed(unit, result, after.kind === 'said' ? after.value : undefined)
}

/** Why a job of a unit may not be made now; "" where it may. */
export async function whyNoJob(unit: UnitJob, tools: Tools): Promise<string> {
  const said = await tools.acts.systemd.standing(unit.name)
  return said.kind === 'unknown' ? said.message : whyNot(unit, said.value, tools)
}

/**
 * Does it, and looks whether the unit stands as it should. What an earlier process began is judged by how the unit stands now.
 * @throws the signal's reason
 */
export async function doUnitJob(unit: UnitJob, attempt: Attempt, tools: Tools): Promise<Ended> {
  const { recalled } = attempt
  if (recalled === undefined) return begin(unit, attempt, tools)
  const over = await jobOver(unit, attempt, tools)
  if (over !== undefined) return over
  const ended = await stands(unit, recalled, attempt, tools)
  // What the earlier process noted it may never have asked for.
  return ended.outcome === 'failed' ? { ...ended, outcome: 'lost' } : ended
}

/** An action that is a job of systemd for the unit that its target names. */
export function unitAction(verb: JobVerb, description: string): Action {
  const unitOf = (target: string): UnitJob => ({ verb, name: nameOf(target) })
  return {
    strategy: `systemd-${verb}`,
    description,
    refusal: ({ target }, tools) => whyNoJob(unitOf(target), tools),
    run: (attempt, tools) => doUnitJob(unitOf(attempt.act.target), attempt, tools),
  }
}
