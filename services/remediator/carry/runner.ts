/** What is carried out by another process, over `nodedoctor.v1.ActionRunner`: host-actions, and plug-ins. */
import type { Clock } from '#clock'
import { ActionRunnerService } from '#proto/nodedoctor/v1/action.ts'
import { connectUnix, RpcError } from '#rpc'
import type { Logger } from '#service'
import { toProtoAct, toProtoSight } from '#wire/remediation-parts'
import { createAsking, whyNotBelieved } from './asking.ts'
import { endOf, MESSAGES_MAX, STEPS_MAX, stepOf } from './said.ts'
import { type ActEnded, type Carrier, endedAs, type Order } from './types.ts'

/** Behind its own deadline an act is given so much to say how it ended. */
const GRACE_MS = 10_000
/** Between two tries to reach who runs an act, or to join it. */
const AGAIN_MS = 1_000
/** So long whoever runs it may be away before nobody knows how it ended: it is started again meanwhile. */
const AWAY_MS = 120_000
/** So often it may answer with a fault of its own before it is given up. */
const FAULTS_MAX = 3
const CANCEL_MS = 2_000
/** Of one message: 64 KiB of output in any characters, and the rest. */
const MESSAGE_BYTES = 512 * 1024
/** Who has to look at the host may need a moment. */
const ASK_MS = 3_000

/** Where it is. */
export interface RunnerOptions {
  readonly socket: string
  /** How it is called in words: "host-actions". */
  readonly name: string
  /** How long it may take to say whether it could. Default 3 s. */
  readonly askMs?: number
  readonly clock: Clock
  readonly log: Logger
}

/** What became of one connection. `silent`: its time was over. `fault`: it answered with one. */
type Heard =
  | { readonly kind: 'ended'; readonly ended: ActEnded }
  | { readonly kind: 'silent' }
  | { readonly kind: 'fault' | 'away'; readonly why: string }

function wordsOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/** Whoever runs acts at a socket. It is connected to when it is asked, and comes back by itself. */
export function createRunner(options: RunnerOptions): Carrier & { close(): void } {
  const { socket, name, askMs = ASK_MS, clock, log } = options
  const client = connectUnix(socket, { maxMessageBytes: MESSAGE_BYTES, clock })

  /** Hears one run to its end, or to the end of the connection. */
  async function hear(order: Order, isJoined: boolean, signal: AbortSignal): Promise<Heard> {
    const { attempt, act, problem, deadlineMs, onStep, isUnrecorded: unrecorded = false } = order
    const beganMs = clock.monotonicMs()
    const asked = { attempt, act: toProtoAct(act), problem: toProtoSight(problem), deadlineMs }
    const request = { ...asked, join: isJoined, unrecorded }
    let [messages, steps] = [0, 0]
    for await (const { what } of client.serverStream(ActionRunnerService.run, request, signal)) {
      if (++messages > MESSAGES_MAX) return { kind: 'ended', ended: endedAs('lost', `${name} said too much`) }
      const step = what?.$case === 'step' && ++steps <= STEPS_MAX ? stepOf(what.value) : undefined
      if (step !== undefined) await onStep(step.step, step.detail)
      if (what?.$case === 'ended') return { kind: 'ended', ended: endOf(what.value, clock.monotonicMs() - beganMs) }
    }
    return signal.aborted ? { kind: 'silent' } : { kind: 'away', why: 'its connection ended' }
  }

  async function hearFor(order: Order, isJoined: boolean, ms: number, stop: AbortSignal): Promise<Heard> {
    const late = new AbortController()
    const callOff = clock.after(ms, () => late.abort())
    try {
      return await hear(order, isJoined, AbortSignal.any([stop, late.signal]))
    } catch (err) {
      log.warn('whoever runs an act is away; it is joined when it is back', { attempt: order.attempt, by: name, err })
      // A step that could not be written is no fault of his.
      const isFault = err instanceof RpcError && err.code !== 'UNAVAILABLE'
      return { kind: isFault ? 'fault' : 'away', why: wordsOf(err) }
    } finally {
      callOff()
    }
  }

  /** It is not waited for any more: as far as it can be ended it is. */
  async function giveUp({ attempt }: Order, why: string, lastedMs: number): Promise<ActEnded> {
    await client.call(ActionRunnerService.cancel, { attempt }, { timeoutMs: CANCEL_MS }).catch(() => undefined)
    return endedAs('lost', `${name} did not say how it ended: ${why}`, lastedMs)
  }

  /** Until it has ended, over as many connections as it takes. What was asked once is only joined from then on. */
  async function follow(order: Order, isKnown: boolean, stop: AbortSignal): Promise<ActEnded> {
    const beganMs = clock.monotonicMs()
    const lastedMs = () => clock.monotonicMs() - beganMs
    const ownMs = order.deadlineMs + GRACE_MS
    const notBelieved = isKnown ? '' : await whyNotBelieved(socket)
    if (notBelieved !== '') return endedAs('declined', notBelieved)
    let isJoined = isKnown
    let faults = 0
    for (;;) {
      const heard = await hearFor(order, isJoined, Math.max(GRACE_MS, ownMs - lastedMs()), stop)
      stop.throwIfAborted()
      if (heard.kind === 'ended') return heard.ended
      if (heard.kind === 'silent') return giveUp(order, 'its time was over', lastedMs())
      if (heard.kind === 'fault' && ++faults >= FAULTS_MAX) return giveUp(order, heard.why, lastedMs())
      if (lastedMs() >= ownMs + AWAY_MS) return giveUp(order, heard.why, lastedMs())
      isJoined = true
      await clock.sleep(AGAIN_MS, stop)
    }
  }

  return {
    fit: createAsking({ client, name, askMs, clock }),
    run: (order, signal) => follow(order, false, signal),
    join: (order, signal) => follow(order, true, signal),
    close: () => client.close(),
  }
}
