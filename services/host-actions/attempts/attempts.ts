/** Attempts: each is done once, whoever asks how often, and over kills of this process; one at a time. */
import type { Act, ProblemSight } from '#model'
import type { RunAsked, RunTold } from '#wire/action'
import type { Action, Ended, Note, Tools } from '../actions/types.ts'
import type { Permits } from '../permits.ts'
import type { KeptAttempt, KeptAttempts } from './kept.ts'

/** "3f2a91c0-17": it is part of names of units and files. */
const ID = /^[0-9a-f]{8}-[0-9]{1,10}$/
const MESSAGE_MAX = 1_024
/** No act takes less, whatever is asked. */
const MIN_DEADLINE_MS = 1_000

/** Hears what is told of an attempt. */
export type Hear = (told: RunTold) => void

/** What an attempt is done with. */
export interface AttemptsOptions {
  readonly actions: ReadonlyMap<string, Action>
  readonly tools: Tools
  readonly permits: Permits
  readonly kept: KeptAttempts
  /** Told of each that was begun here, and of its end. */
  readonly onBegun: (attempt: string, act: Act, joined: boolean) => void
  readonly onEnded: (attempt: string, act: Act, ended: Ended, durationMs: number) => void
}

/** An attempt that is under way in this process. */
interface Running {
  readonly strategy: string
  readonly target: string
  readonly cancel: AbortController
  readonly over: Promise<RunTold>
}

/** All attempts. */
export interface Attempts {
  /** Why it may not be done now, and the act as it would be done. */
  canRun(act: Act): Promise<{ readonly refusal: string; readonly act?: Act }>
  /**
   * Does it, or joins who does. Resolves once its end was told.
   * @throws the signal's reason when this process ends before it is over
   */
  run(asked: RunAsked, hear: Hear): Promise<void>
  /** false: it does not run. */
  cancel(id: string): boolean
  /** Nothing new; what can run on does. */
  leave(): Promise<void>
}

function endedOf(attempt: string, ended: Ended, durationMs: number): RunTold {
  const { outcome, message, output = '', isOutputCut = false, exitCode, figures = [] } = ended
  const line = message.replace(/\s+/g, ' ').slice(0, MESSAGE_MAX)
  return { kind: 'ended', attempt, outcome, message: line, output, isOutputCut, durationMs, figures, exitCode }
}

/** Holds nothing of the machine; `leave` ends what waits. */
export function createAttempts(options: AttemptsOptions): Attempts {
  const { actions, tools, permits, kept, onBegun, onEnded } = options
  const { clock } = tools
  const running = new Map<string, Running>()
  const leaving = new AbortController()

  const declined = (id: string, message: string): RunTold => endedOf(id, { outcome: 'declined', message }, 0)

  /** What may be done, in our own words: nothing of the caller's is taken but its name. */
  async function judged(act: Act) {
    const permit = permits(act)
    if ('refusal' in permit) return permit
    const action = actions.get(permit.act.strategy)
    if (action === undefined) return { refusal: `${permit.act.strategy} is nothing that is done on the host` }
    return { ...permit, action }
  }

  async function canRun(act: Act): Promise<{ readonly refusal: string; readonly act?: Act }> {
    const found = await judged(act)
    if ('refusal' in found) return found
    const unavailable = (await found.action.unavailable?.(tools)) ?? ''
    // Of what is secret in the parameters the caller has what people may see.
    const shown = { ...found.act, parameters: act.parameters }
    return { refusal: unavailable || (await found.action.refusal(found.act, tools)), act: shown }
  }

  interface Plan {
    readonly id: string
    readonly act: Act
    readonly action: Action
    readonly problem: ProblemSight
    readonly deadlineMs: number
    readonly recalled: Note | undefined
  }

  async function done({ id, act, action, problem, deadlineMs, recalled }: Plan, cancel: AbortSignal): Promise<RunTold> {
    const { strategy, target } = act
    const beganMs = clock.monotonicMs()
    const note = (what: Note): Promise<void> => kept.write(id, { strategy, target, note: what })
    const ended = await action.run(
      { id, act, problem, deadlineMs, recalled, note, cancel, signal: leaving.signal },
      tools,
    )
    const durationMs = Math.round(clock.monotonicMs() - beganMs)
    // Nothing was done where it declined: there is nothing to know again.
    if (ended.outcome !== 'declined')
      await kept.write(id, { strategy, target, ended, durationMs }).catch(() => undefined)
    onEnded(id, act, ended, durationMs)
    return endedOf(id, ended, durationMs)
  }

  /** An attempt that nobody here runs, known or not. */
  async function begin(asked: RunAsked, before: KeptAttempt | undefined, hear: Hear): Promise<RunTold> {
    const { attempt: id, act, problem, deadlineMs } = asked
    const found = await judged(act)
    if ('refusal' in found) return declined(id, found.refusal)
    if (!found.permit.mayRun)
      return declined(id, `the configuration says that ${found.act.strategy} is told, and not done`)
    const refusal = before === undefined ? (await canRun(act)).refusal : ''
    if (refusal !== '') return declined(id, refusal)
    const [other] = running.keys()
    if (other !== undefined && other !== id) return declined(id, `another attempt is under way: ${other}`)
    const joined = running.get(id)
    if (joined !== undefined) return joined.over
    const cancel = new AbortController()
    const plan: Plan = {
      id,
      problem,
      act: found.act,
      action: found.action,
      deadlineMs: Math.max(MIN_DEADLINE_MS, Math.min(deadlineMs || found.permit.timeoutMs, found.permit.timeoutMs)),
      recalled: before?.note,
    }
    onBegun(id, found.act, before !== undefined)
    hear({ kind: 'begun', joined: before !== undefined })
    const over = done(plan, cancel.signal).finally(() => running.delete(id))
    running.set(id, { strategy: act.strategy, target: act.target, cancel, over })
    return over
  }

  async function run(asked: RunAsked, hear: Hear): Promise<void> {
    const { attempt: id, act } = asked
    leaving.signal.throwIfAborted()
    if (!ID.test(id)) return hear(declined(id.slice(0, 64), 'an attempt is called as 3f2a91c0-17'))
    const here = running.get(id)
    const before = here === undefined ? await kept.read(id) : undefined
    const known = here ?? before
    if (known !== undefined && (known.strategy !== act.strategy || known.target !== act.target))
      return hear(declined(id, `the attempt was begun as ${known.strategy} of ${known.target}`))
    if (here !== undefined) {
      hear({ kind: 'begun', joined: true })
      return hear(await here.over)
    }
    if (before?.ended !== undefined) {
      hear({ kind: 'begun', joined: true })
      return hear(endedOf(id, before.ended, before.durationMs ?? 0))
    }
    hear(await begin(asked, before, hear))
  }

  return {
    canRun,
    run,
    cancel(id) {
      const found = running.get(id)
      found?.cancel.abort(new Error('the attempt was called off'))
      return found !== undefined
    },
    async leave() {
      leaving.abort(new Error('host-actions ends; the attempt can be joined after its next start'))
      await Promise.allSettled([...running.values()].map(({ over }) => over))
    },
  }
}
