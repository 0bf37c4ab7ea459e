/** Attempts: each is done once, whoever asks how often, and over kills of this process; one at a time. */
import type { Act } from '#model'
import { passes } from '#steps'
import type { RunAsked, RunTold } from '#wire/action'
import type { Action, Attempt, Ended, Note, Tools } from '../actions/types.ts'
import type { Permits } from '../permits.ts'
import { createDisowned, type Disowned } from './disowned.ts'
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
  /** Takes away what is kept of attempts beyond those that anybody may ask for: it lies in memory. */
  readonly prune: () => Promise<void>
}

/** What whoever asks beforehand is told. */
export interface Answer {
  /** One line; "": it may. */
  readonly refusal: string
  readonly act?: Act
  /** The refusal is about the machine, and not about this act. */
  readonly isGoingDown?: boolean
}

/** An attempt that has come to this process: under way, or asked about whether it may begin. */
interface Running {
  readonly strategy: string
  readonly target: string
  readonly cancel: AbortController
  readonly over: Promise<RunTold>
}

/** One that has come, who called it off, and who hears of it. */
interface Arrival {
  readonly asked: RunAsked
  readonly cancel: AbortSignal
  readonly hear: Hear
}

/** All attempts. */
export interface Attempts {
  /** Why it may not be done now, and the act as it would be done. Of a machine that is going down that alone is said, whatever is asked for. */
  canRun(act: Act, isUnrecorded?: boolean): Promise<Answer>
  /**
   * Does it, or joins who does. Resolves once its end was told.
   * @throws the signal's reason when this process ends before it is over
   */
  run(asked: RunAsked, hear: Hear): Promise<void>
  /** false: it has not come, or is over. What comes after that is not begun any more. */
  cancel(id: string): boolean
  /** Nothing new; what can run on does. */
  leave(): Promise<void>
}

function endedOf(attempt: string, ended: Ended, durationMs: number): RunTold {
  const { outcome, message, output = '', isOutputCut = false, exitCode, figures = [] } = ended
  const line = message.replace(/\s+/g, ' ').slice(0, MESSAGE_MAX)
  return { kind: 'ended', attempt, outcome, message: line, output, isOutputCut, durationMs, figures, exitCode }
}

const declined = (id: string, message: string): RunTold => endedOf(id, { outcome: 'declined', message }, 0)

/** What may be done, in our own words: nothing of the caller's is taken but its name. */
function judged({ actions, permits }: AttemptsOptions, act: Act) {
  const permit = permits(act)
  if ('refusal' in permit) return permit
  const action = actions.get(permit.act.strategy)
  if (action === undefined) return { refusal: `${permit.act.strategy} is nothing that is done on the host` }
  return { ...permit, action }
}

/** Whether it is what there has to be no record of, whatever the caller takes it for. */
function mayGoUnrecorded(
  { action, act }: { readonly action: Action; readonly act: Act },
  tools: Tools,
): Promise<string> | string {
  return (
    action.unrecorded?.(act, tools) ?? `${act.strategy} is not done while the journal of repairs has no room for it`
  )
}

/** A unit that a shutdown has stopped is no fault, and nothing is begun that it would cut off. Both are asked at once: a bus may hang. */
async function answerTo(options: AttemptsOptions, act: Act, isUnrecorded: boolean): Promise<Answer> {
  const [down, answer] = await Promise.all([options.tools.acts.whyGoingDown(), mayRun(options, act, isUnrecorded)])
  return down === '' ? answer : { refusal: down, isGoingDown: true }
}

async function mayRun(options: AttemptsOptions, act: Act, isUnrecorded: boolean): Promise<Answer> {
  const found = judged(options, act)
  if ('refusal' in found) return found
  const { tools } = options
  const unrecorded = isUnrecorded ? await mayGoUnrecorded(found, tools) : ''
  if (unrecorded !== '') return { refusal: unrecorded }
  const unavailable = (await found.action.unavailable?.(tools)) ?? ''
  // Of what is secret in the parameters the caller has what people may see.
  const shown = { ...found.act, parameters: act.parameters }
  return { refusal: unavailable || (await found.action.refusal(found.act, tools)), act: shown }
}

/** What is begun of what is asked, or why nothing is. What was begun `before` has been asked whether it may. */
async function admitted(
  options: AttemptsOptions,
  { act, unrecorded = false }: Pick<RunAsked, 'act' | 'unrecorded'>,
  before: KeptAttempt | undefined,
) {
  const found = judged(options, act)
  if ('refusal' in found) return found
  if (!found.permit.mayRun)
    return { refusal: `the configuration says that ${found.act.strategy} is told, and not done` }
  const refusal = before === undefined ? (await answerTo(options, act, unrecorded)).refusal : ''
  return refusal === '' ? found : { refusal }
}

/** 0: what the configuration lets it take. */
function within(askedMs: number, permittedMs: number): number {
  return Math.max(MIN_DEADLINE_MS, Math.min(askedMs || permittedMs, permittedMs))
}

type Plan = Omit<Attempt, 'note'> & { readonly action: Action }

/** Does it, and keeps its end. */
async function done({ tools, kept, onEnded, prune }: AttemptsOptions, { action, ...plan }: Plan): Promise<RunTold> {
  const { id, act } = plan
  const { strategy, target } = act
  const { clock } = tools
  const beganMs = clock.monotonicMs()
  const note = async (what: Note): Promise<void> => {
    passes('attempt to be kept')
    await kept.write(id, { strategy, target, note: what })
    passes('attempt kept')
  }
  const ended = await action.run({ ...plan, note }, tools)
  const durationMs = Math.round(clock.monotonicMs() - beganMs)
  passes('end to be kept')
  // Nothing was done where it declined: there is nothing to know again.
  if (ended.outcome !== 'declined') await kept.write(id, { strategy, target, ended, durationMs }).catch(() => undefined)
  passes('end kept')
  onEnded(id, act, ended, durationMs)
  await prune().catch(() => undefined)
  return endedOf(id, ended, durationMs)
}

function isOther({ strategy, target }: Pick<KeptAttempt, 'strategy' | 'target'>, act: Act): boolean {
  return strategy !== act.strategy || target !== act.target
}

const asOther = (id: string, { strategy, target }: Pick<KeptAttempt, 'strategy' | 'target'>): RunTold =>
  declined(id, `the attempt was begun as ${strategy} of ${target}`)

/** Begins one at a time. @param leaving nothing new begins */
function createBeginning(options: AttemptsOptions, disowned: Disowned, leaving: AbortSignal) {
  const { tools } = options
  let begun: string | undefined

  /** Why one that may begin does not; "": it does. What an earlier process began goes on. */
  function whyNotNow(
    { attempt: id, beginByMs = 0 }: RunAsked,
    { aborted: isOff }: AbortSignal,
    before: KeptAttempt | undefined,
  ): string {
    if (begun !== undefined) return `another attempt is under way: ${begun}`
    if (before !== undefined) return ''
    if (isOff) return 'it was called off before it began'
    // Whoever asked has given it up since, and who was stopped meanwhile has not heard of that yet.
    if (beginByMs > 0 && tools.clock.monotonicMs() > beginByMs) return 'its time to begin was over when it came'
    return disowned.has(id) ? 'it was called off, or given up as lost, before it came' : ''
  }

  /** An attempt that nobody here has begun, known or not. */
  return async ({ asked, cancel, hear }: Arrival, before: KeptAttempt | undefined): Promise<RunTold> => {
    const { attempt: id, problem } = asked
    const found = await admitted(options, asked, before)
    leaving.throwIfAborted()
    if ('refusal' in found) return declined(id, found.refusal)
    const why = whyNotNow(asked, cancel, before)
    if (why !== '') return declined(id, why)
    const deadlineMs = within(asked.deadlineMs, found.permit.timeoutMs)
    const plan: Plan = { id, problem, ...found, deadlineMs, recalled: before?.note, cancel, signal: leaving }
    begun = id
    try {
      passes('attempt admitted')
      options.onBegun(id, found.act, before !== undefined)
      hear({ kind: 'begun', joined: before !== undefined })
      return await done(options, plan)
    } finally {
      begun = undefined
    }
  }
}

/** Holds nothing of the machine; `leave` ends what waits. */
export function createAttempts(options: AttemptsOptions): Attempts {
  const { kept } = options
  /** From the moment an attempt has come: whoever joins it, or calls it off, finds it. */
  const running = new Map<string, Running>()
  const disowned = createDisowned()
  const leaving = new AbortController()
  const begin = createBeginning(options, disowned, leaving.signal)

  /** One that has come, and that nobody here had. */
  async function endOf(arrival: Arrival): Promise<RunTold> {
    const { asked, hear } = arrival
    const { attempt: id, act, join } = asked
    const before = await kept.read(id)
    if (before !== undefined && isOther(before, act)) return asOther(id, before)
    if (before?.ended !== undefined) {
      hear({ kind: 'begun', joined: true })
      return endedOf(id, before.ended, before.durationMs ?? 0)
    }
    if (!join || before !== undefined) return begin(arrival, before)
    // Whoever was killed between its beginning and its note did not do it twice by that.
    disowned.add(id)
    return endedOf(id, { outcome: 'lost', message: 'nobody here knows of this attempt' }, 0)
  }

  /** Known before anything is waited for. */
  function arrived(asked: RunAsked, hear: Hear): Promise<RunTold> {
    const { attempt: id, act } = asked
    const cancel = new AbortController()
    const over = endOf({ asked, cancel: cancel.signal, hear }).finally(() => running.delete(id))
    running.set(id, { strategy: act.strategy, target: act.target, cancel, over })
    return over
  }

  async function run(asked: RunAsked, hear: Hear): Promise<void> {
    const { attempt: id, act } = asked
    leaving.signal.throwIfAborted()
    if (!ID.test(id)) return hear(declined(id.slice(0, 64), 'an attempt is called as 3f2a91c0-17'))
    const here = running.get(id)
    if (here !== undefined && isOther(here, act)) return hear(asOther(id, here))
    if (here !== undefined) {
      hear({ kind: 'begun', joined: true })
      return hear(await here.over)
    }
    const told = await arrived(asked, hear)
    hear(told)
    passes('end told')
  }

  return {
    canRun: (act, isUnrecorded = false) => answerTo(options, act, isUnrecorded),
    run,
    cancel(id) {
      const found = running.get(id)
      if (ID.test(id)) disowned.add(id)
      found?.cancel.abort(new Error('the attempt was called off'))
      return found !== undefined
    },
    async leave() {
      leaving.abort(new Error('host-actions ends; the attempt can be joined after its next start'))
      await Promise.allSettled([...running.values()].map(({ over }) => over))
    },
  }
}
