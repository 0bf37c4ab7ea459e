/** One Run of a plug-in's action, as the remediator asks for it, and what it brings. */
import { randomBytes } from 'node:crypto'
import { ActionRunnerService, RunRequest, type RunResponse } from '#proto/nodedoctor/v1/action.ts'
import { failureOf, type Line } from '../line.ts'
import type { HeardRun } from './types.ts'

/** What an attempt may take that is done for this. */
const DEADLINE_MS = 60_000

/** A plug-in's action as the remediator asks for it. */
export function actOf(name: string) {
  return { strategy: 'external-action', target: `external:conformance/${name}`, parameters: {}, text: name }
}

/** "3f2a91c0-17": as the remediator calls attempts. */
export function newAttempt(): string {
  return `${randomBytes(4).toString('hex')}-1`
}

/** Which, and how it is asked for. */
export interface RunWish {
  readonly attempt: string
  readonly name: string
  readonly join?: boolean
  /** Monotonic time by which it is begun. Default: nobody says. */
  readonly beginByMs?: number
  /** It is called off then; undefined: not before its time is over. */
  readonly callOff?: AbortSignal
}

/** Asks for it, and hears it to its end. Never rejects. */
export async function run({ client, clock }: Line, { name, callOff, ...asked }: RunWish): Promise<HeardRun> {
  const late = new AbortController()
  const stop = clock.after(DEADLINE_MS, () => late.abort())
  const signal = callOff === undefined ? late.signal : AbortSignal.any([late.signal, callOff])
  const request = RunRequest.fromPartial({ ...asked, act: actOf(name), deadlineMs: DEADLINE_MS, problem: {} })
  const { attempt } = asked
  let [joined, ended, bytes]: [boolean | undefined, HeardRun['ended'], number] = [undefined, undefined, 0]
  const { run: method } = ActionRunnerService
  const weighed = {
    ...method,
    responseDeserialize(text: Buffer): RunResponse {
      bytes = Math.max(bytes, text.length)
      return method.responseDeserialize(text)
    },
  }
  try {
    for await (const { what } of client.serverStream(weighed, request, signal)) {
      if (what?.$case === 'begun') joined = what.value.joined
      if (what?.$case === 'ended') ended = what.value
    }
    return { attempt, joined, ended, bytes, error: late.signal.aborted ? `no end within ${DEADLINE_MS / 1000} s` : '' }
  } catch (err) {
    const failed = failureOf(err, 0)
    return { attempt, joined, ended, bytes, error: failed.kind === 'failed' ? `${failed.code}: ${failed.details}` : '' }
  } finally {
    stop()
  }
}
