/** What is carried out by another process, over `nodedoctor.v1.ActionRunner`: host-actions, and plug-ins. */
import type { Clock } from '#clock'
import { ActionRunnerService } from '#proto/nodedoctor/v1/action.ts'
import { connectUnix } from '#rpc'
import type { Logger } from '#service'
import { createAsking, whyNotBelieved } from './asking.ts'
import { createHearing, type Heard, type Hearing, type HearingOptions } from './hearing.ts'
import { lineOf } from './said.ts'
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
/** So long whoever was told to end an act may take to say that it ended. */
const CALLED_OFF_MS = 5_000
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

/** How long it is tried. @returns why it is tried no more after what was heard; undefined: it is tried again */
function createPatience(isOver: () => boolean): (heard: Exclude<Heard, { kind: 'ended' }>) => string | undefined {
  let faults = 0
  return (heard) => {
    if (heard.kind === 'silent') return 'its time was over'
    if (heard.kind === 'loud') return 'it said too much'
    const isFaulty = heard.kind === 'fault' && ++faults >= FAULTS_MAX
    return isFaulty || isOver() ? heard.why : undefined
  }
}

/** Another process that runs acts. */
export interface Runner extends Carrier {
  /** Whether somebody who is believed answers there now: who is stopped takes connections, and says nothing. Never rejects. */
  isUp(): Promise<boolean>
  close(): void
}

/** With whom, and by what one connection is heard. */
interface FollowingOptions extends HearingOptions {
  readonly hearing: Hearing
}

/** An act, from when it is asked for until it has ended. */
function createFollowing({ client, name, clock, hearing }: FollowingOptions) {
  const { isThere, hearFor } = hearing
  const { path: socket } = client

  /** Its end, where it is told within a time to whoever joins it. */
  async function endToldOf(order: Omit<Order, 'onStep'>, ms: number, stop: AbortSignal): Promise<ActEnded | undefined> {
    const heard = await hearFor({ ...order, onStep: () => Promise.resolve() }, true, ms, stop)
    return heard.kind === 'ended' ? heard.ended : undefined
  }

  /** It is called off, and has failed, whatever it says of its end then. Where it says nothing it may run still. */
  async function giveUp(order: Order, why: string, lastedMs: () => number, stop: AbortSignal): Promise<ActEnded> {
    const { attempt } = order
    if ((await whyNotBelieved(socket)) === '')
      await client.call(ActionRunnerService.cancel, { attempt }, { timeoutMs: CANCEL_MS }).catch(() => undefined)
    const told = await endToldOf(order, CALLED_OFF_MS, stop)
    stop.throwIfAborted()
    if (told === undefined) {
      const words = `${name} did not say how it ended: ${why}; it was called off, and may run still`
      return { ...endedAs('lost', words, lastedMs()), mayRun: true }
    }
    const outcome = told.outcome === 'lost' ? 'lost' : 'failed'
    return { ...told, outcome, message: lineOf(`${name} was called off: ${why}; it has ended: ${told.message}`) }
  }

  /** Why he is not asked for an act; "": he is. */
  async function whyNotBegun(stop: AbortSignal): Promise<string> {
    return (await isThere(stop)) ? whyNotBelieved(socket) : `${name} is not there: nobody listens on ${socket}`
  }

  /** Until it has ended, over as many connections as it takes. What was asked once is only joined from then on. */
  async function follow(order: Order, isKnown: boolean, stop: AbortSignal): Promise<ActEnded> {
    const beganMs = clock.monotonicMs()
    const lastedMs = () => clock.monotonicMs() - beganMs
    const ownMs = order.deadlineMs + GRACE_MS
    const whyNot = isKnown ? '' : await whyNotBegun(stop)
    if (whyNot !== '') return endedAs('declined', whyNot)
    const whyGivenUp = createPatience(() => lastedMs() >= ownMs + AWAY_MS)
    for (let isJoined = isKnown; ; isJoined = true) {
      const heard = await hearFor(order, isJoined, Math.max(GRACE_MS, ownMs - lastedMs()), stop)
      stop.throwIfAborted()
      if (heard.kind === 'ended') return heard.ended
      const why = whyGivenUp(heard)
      if (why !== undefined) return giveUp(order, why, lastedMs, stop)
      await clock.sleep(AGAIN_MS, stop)
    }
  }

  return { endToldOf, follow }
}

/** Whoever runs acts at a socket. It is connected to when it is asked, and comes back by itself. */
export function createRunner(options: RunnerOptions): Runner {
  const { socket, name, askMs = ASK_MS, clock, log } = options
  const client = connectUnix(socket, { maxMessageBytes: MESSAGE_BYTES, clock })
  const whom = { client, name, clock, log }
  const asking = createAsking({ client, name, askMs, clock })
  const { endToldOf, follow } = createFollowing({ ...whom, hearing: createHearing(whom) })

  return {
    fit: asking.fit,
    run(order, signal) {
      asking.forget()
      return follow(order, false, signal)
    },
    join(order, signal) {
      asking.forget()
      return follow(order, true, signal)
    },
    async isOver(order, signal) {
      const told = await endToldOf(order, CALLED_OFF_MS, signal)
      return told === undefined ? '' : lineOf(`${name} says that it has ended: ${told.outcome}, ${told.message}`)
    },
    async isUp() {
      if ((await whyNotBelieved(socket)) !== '') return false
      const answer = client.call(ActionRunnerService.describe, {}, { timeoutMs: ASK_MS })
      return answer.then(
        () => true,
        () => false,
      )
    },
    close: () => client.close(),
  }
}
