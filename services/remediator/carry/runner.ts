/** What is carried out by another process, over `nodedoctor.v1.ActionRunner`: host-actions, and plug-ins. */
import type { Clock } from '#clock'
import { ActionRunnerService, type RunResponse } from '#proto/nodedoctor/v1/action.ts'
import { connectUnix, RpcError } from '#rpc'
import type { Logger } from '#service'
import { fromProtoFigure, fromProtoOutcome, toProtoAct, toProtoSight } from '#wire/remediation-parts'
import { type ActEnded, type Carrier, endedAs, type Order } from './types.ts'

/** Who has to look at the host may need a moment. */
const ASK_MS = 3000
/** Behind its own deadline an act is given so much to say how it ended. */
const GRACE_MS = 10_000
/** Between two tries to reach who runs an act, or to join it. */
const AGAIN_MS = 1000
/** So long whoever runs it may be away before nobody knows how it ended: it is started again meanwhile. */
const AWAY_MS = 120_000
/** 64 KiB of it are kept by whoever runs it; more is cut here. */
const OUTPUT_MAX = 65_536

/** Where it is. */
export interface RunnerOptions {
  readonly socket: string
  /** How it is called in words: "host-actions". */
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
}

function wordsOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

function endOf(ended: Extract<NonNullable<RunResponse['what']>, { $case: 'ended' }>['value']): ActEnded {
  const { outcome, message, output, outputCut, durationMs, figures, exitCode } = ended
  return {
    outcome: fromProtoOutcome(outcome),
    message,
    output: output.slice(0, OUTPUT_MAX),
    isOutputCut: outputCut || output.length > OUTPUT_MAX,
    durationMs,
    figures: figures.map(fromProtoFigure),
    ...(exitCode !== undefined && { exitCode }),
  }
}

/** Whoever runs acts at a socket. It is connected to when it is asked, and comes back by itself. */
export function createRunner({ socket, name, clock, log }: RunnerOptions): Carrier & { close(): void } {
  const client = connectUnix(socket)

  /** Hears one run to its end, or to the end of the connection: undefined. */
  async function hear(order: Order, isJoined: boolean, signal: AbortSignal): Promise<ActEnded | undefined> {
    const { attempt, act, problem, deadlineMs, onStep } = order
    const request = { attempt, act: toProtoAct(act), problem: toProtoSight(problem), deadlineMs, join: isJoined }
    for await (const { what } of client.serverStream(ActionRunnerService.run, request, signal)) {
      if (what?.$case === 'step') await onStep(what.value.step, what.value.detail)
      if (what?.$case === 'ended') return endOf(what.value)
    }
    return undefined
  }

  /** Until it has ended, over as many connections as it takes. What was asked once is only joined from then on. */
  async function follow(order: Order, isKnown: boolean, stop: AbortSignal): Promise<ActEnded> {
    const beganMs = clock.monotonicMs()
    const late = new AbortController()
    const endLate = clock.after(order.deadlineMs + GRACE_MS + AWAY_MS, () => late.abort())
    const signal = AbortSignal.any([stop, late.signal])
    let isJoined = isKnown
    let why = 'it said nothing'
    try {
      while (!signal.aborted) {
        try {
          const ended = await hear(order, isJoined, signal)
          if (ended !== undefined) return ended
          why = 'its connection ended'
        } catch (err) {
          why = wordsOf(err)
          log.warn('whoever runs an act is away; it is joined when it is back', {
            attempt: order.attempt,
            by: name,
            err,
          })
        }
        isJoined = true
        await clock.sleep(AGAIN_MS, signal).catch(() => undefined)
      }
      stop.throwIfAborted()
      return endedAs('lost', `${name} did not say how it ended: ${why}`, clock.monotonicMs() - beganMs)
    } finally {
      endLate()
    }
  }

  return {
    async fit(act) {
      try {
        const { refusal } = await client.call(
          ActionRunnerService.canRun,
          { act: toProtoAct(act) },
          { timeoutMs: ASK_MS },
        )
        return { refusal }
      } catch (err) {
        if (err instanceof RpcError && err.code === 'UNIMPLEMENTED') return { refusal: `${name} does not know how to` }
        return undefined
      }
    },
    run: (order, signal) => follow(order, false, signal),
    join: (order, signal) => follow(order, true, signal),
    close: () => client.close(),
  }
}
