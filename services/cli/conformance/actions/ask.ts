/** What a plug-in is asked by nodedoctor.v1.ActionRunner: nothing is done but what a person names, and that once. */
import { randomBytes } from 'node:crypto'
import { ActionRunnerService, RunRequest, type RunResponse } from '#proto/nodedoctor/v1/action.ts'
import type { RpcClient } from '#rpc'
import { failureOf, type Line } from '../line.ts'
import type { Asked } from '../types.ts'
import type { ActionFacts, ActionRuns, HeardRun } from './types.ts'

const STRANGE = 'node-doctor-conformance'
/** What an attempt may take that is done for this. */
const DEADLINE_MS = 60_000
/** The first of two is called off so long after it began. */
const CALLED_OFF_MS = 100

/** A plug-in's action as the remediator asks for it. */
function actOf(name: string) {
  return { strategy: 'external-action', target: `external:conformance/${name}`, parameters: {}, text: name }
}

/** "3f2a91c0-17": as the remediator calls attempts. */
function newAttempt(): string {
  return `${randomBytes(4).toString('hex')}-1`
}

interface Wish {
  readonly attempt: string
  readonly name: string
  readonly join: boolean
  /** It is called off then; undefined: not before its time is over. */
  readonly callOff?: AbortSignal
}

async function run(client: RpcClient, line: Line, { attempt, name, join, callOff }: Wish): Promise<HeardRun> {
  const late = new AbortController()
  const stop = line.clock.after(DEADLINE_MS, () => late.abort())
  const signal = callOff === undefined ? late.signal : AbortSignal.any([late.signal, callOff])
  const request = RunRequest.fromPartial({ attempt, act: actOf(name), deadlineMs: DEADLINE_MS, join, problem: {} })
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
    return { joined, ended, bytes, error: late.signal.aborted ? `no end within ${DEADLINE_MS / 1000} s` : '' }
  } catch (err) {
    const failed = failureOf(err, 0)
    return { joined, ended, bytes, error: failed.kind === 'failed' ? `${failed.code}: ${failed.details}` : '' }
  } finally {
    stop()
  }
}

async function runsOf(line: Line, name: string): Promise<ActionRuns> {
  const { client, clock } = line
  const can = await line.ask(ActionRunnerService.canRun, { act: actOf(name), unrecorded: false })
  const attempt = newAttempt()
  const off = new AbortController()
  const first = run(client, line, { attempt, name, join: false, callOff: off.signal })
  await clock.sleep(CALLED_OFF_MS)
  const beside = run(client, line, { attempt, name, join: false })
  await clock.sleep(CALLED_OFF_MS)
  off.abort()
  const both = { first: await first, beside: await beside }
  const later = await run(client, line, { attempt, name, join: false })
  return { can, ...both, later, joined: await run(client, line, { attempt, name, join: true }) }
}

/** Everything; undefined where it does not speak that. */
export async function askActions(line: Line, { runs: name }: Asked): Promise<ActionFacts | undefined> {
  const describe = await line.ask(ActionRunnerService.describe, {})
  if (describe.kind === 'failed' && ['UNIMPLEMENTED', 'UNAVAILABLE'].includes(describe.code)) return undefined
  const stranger = await line.ask(ActionRunnerService.canRun, { act: actOf(STRANGE), unrecorded: false })
  const attempt = newAttempt()
  const unknown = await run(line.client, line, { attempt, name: name ?? STRANGE, join: true })
  const cancelled = await line.ask(ActionRunnerService.cancel, { attempt })
  return { describe, stranger, unknown, cancelled, runs: name === undefined ? undefined : await runsOf(line, name) }
}
