/** Hears one run of an act from whoever runs it. */
import { type Clock, patiently } from '#clock'
import { ActionRunnerService, type RunResponse } from '#proto/nodedoctor/v1/action.ts'
import { type RpcClient, RpcError } from '#rpc'
import type { Logger } from '#service'
import { toProtoAct, toProtoSight } from '#wire/remediation-parts'
import { whyNotBelieved } from './asking.ts'
import { BYTES_MAX, endOf, faultOf, MESSAGES_MAX, STEPS_MAX, stepOf } from './said.ts'
import type { ActEnded, Order } from './types.ts'

/** So long nobody may take a connection before an act is begun: nothing was asked of him then. */
const THERE_MS = 15_000

/** Nothing begins so long before it would be given up. */
const MARGIN_MS = 5_000

/** What became of one connection. `silent`: its time was over. `fault`: it answered with one. `loud`: it said more than anybody listens to. */
export type Heard =
  | { readonly kind: 'ended'; readonly ended: ActEnded }
  | { readonly kind: 'silent' }
  | { readonly kind: 'loud' }
  | { readonly kind: 'fault' | 'away'; readonly why: string }

/** With whom. */
export interface HearingOptions {
  readonly client: RpcClient
  /** How it is called in words. */
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
}

/** One connection at a time. */
export interface Hearing {
  /** Whether he takes connections, or does so soon: who is started anew is away for a moment. Rejects with the signal's reason. */
  isThere(stop: AbortSignal): Promise<boolean>
  /** Asks for a run, or joins it, and hears it for so long. Never rejects. */
  hearFor(order: Order, isJoined: boolean, ms: number, stop: AbortSignal): Promise<Heard>
}

/** Whether it is told of this attempt: a name that is left out is taken for it. */
function isOf(attempt: string, what: RunResponse['what']): boolean {
  if (what === undefined || what.$case === 'begun') return true
  return what.value.attempt === '' || what.value.attempt === attempt
}

/** The method, whose answers are weighed as they come. */
function weighed(weigh: (bytes: number) => void): typeof ActionRunnerService.run {
  const { run } = ActionRunnerService
  return {
    ...run,
    responseDeserialize(bytes: Buffer): RunResponse {
      weigh(bytes.length)
      return run.responseDeserialize(bytes)
    },
  }
}

/** Over a client that connects by itself. */
export function createHearing({ client, name, clock, log }: HearingOptions): Hearing {
  /** Of this attempt it was told that nobody hears of it: it may be so each second for minutes. */
  let awayFrom = ''

  async function isThere(stop: AbortSignal): Promise<boolean> {
    const late = new AbortController()
    const callOff = clock.after(THERE_MS, () => late.abort(new Error('nobody came')))
    try {
      await client.connected(AbortSignal.any([stop, late.signal]))
      return true
    } catch (err) {
      if (late.signal.aborted && !stop.aborted) return false
      throw err
    } finally {
      callOff()
    }
  }

  /** Hears one run to its end, or to the end of the connection. */
  async function hear(order: Order, beginByMs: number, signal: AbortSignal): Promise<Heard> {
    const { attempt, act, problem, deadlineMs, onStep, isUnrecorded: unrecorded = false } = order
    const beganMs = clock.monotonicMs()
    const asked = { attempt, act: toProtoAct(act), problem: toProtoSight(problem), deadlineMs }
    const request = { ...asked, join: beginByMs === 0, unrecorded, beginByMs }
    let [messages, steps, bytes] = [0, 0, 0]
    const method = weighed((more) => {
      bytes += more
    })
    for await (const { what } of client.serverStream(method, request, signal)) {
      if (++messages > MESSAGES_MAX || bytes > BYTES_MAX) return { kind: 'loud' }
      if (!isOf(attempt, what)) return { kind: 'fault', why: 'it tells of another attempt' }
      const step = what?.$case === 'step' && ++steps <= STEPS_MAX ? stepOf(what.value) : undefined
      if (step !== undefined) await onStep(step.step, step.detail)
      if (what?.$case === 'ended') return { kind: 'ended', ended: endOf(what.value, clock.monotonicMs() - beganMs) }
    }
    return signal.aborted ? { kind: 'silent' } : { kind: 'away', why: 'its connection ended' }
  }

  async function hearFor(order: Order, isJoined: boolean, ms: number, stop: AbortSignal): Promise<Heard> {
    // Whoever listens there by now may be another one.
    const why = await whyNotBelieved(client.path)
    if (why !== '') return { kind: 'away', why }
    const late = new AbortController()
    // What came while this process was stopped is read first.
    const callOff = patiently(clock, ms, () => late.abort())
    try {
      // A join begins nothing. What is read later than that is given up soon, or was: it waited in the socket of who was stopped.
      const withinMs = Math.min(order.deadlineMs, ms - MARGIN_MS)
      const beginByMs = isJoined ? 0 : Math.ceil(clock.monotonicMs() + withinMs)
      return await hear(order, beginByMs, AbortSignal.any([stop, late.signal]))
    } catch (err) {
      const { attempt } = order
      if (attempt !== awayFrom)
        log.warn('whoever runs an act is away; it is joined when it is back', { attempt, by: name, err })
      awayFrom = attempt
      // A step that could not be written is no fault of his.
      const isFault = err instanceof RpcError && err.code !== 'UNAVAILABLE'
      return { kind: isFault ? 'fault' : 'away', why: faultOf(err) }
    } finally {
      callOff()
    }
  }

  return { isThere, hearFor }
}
