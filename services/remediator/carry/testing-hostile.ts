/** A plug-in that carries out actions and means no good: it counts what it was asked, and answers as it is told. */

import type { ServerWritableStream } from '@grpc/grpc-js'
import {
  type ActionRunnerServer,
  ActionRunnerService,
  type RunRequest,
  type RunResponse,
} from '#proto/nodedoctor/v1/action.ts'
import { serveUnix } from '#rpc'

const NO_ACTION = { types: [], unavailable: '' }

/** What a test has it do. */
export interface HostileWays {
  /** Why it could not; undefined: it never answers. */
  refusal?: string | undefined
  /** How long it takes to say so. Default 0. */
  refusesAfterMs?: number
  goingDown?: boolean
  /** What it says of a run, and whether that is all. */
  says: (attempt: string) => Iterable<RunResponse['what']>
  isSilent?: boolean
  /** What it says over and over then, as fast as it is read. */
  floods?: RunResponse['what']
  /** What a run fails with then. */
  fails?: { readonly code: number; readonly details: string }
  /** It says what it is. */
  isWell?: boolean
  /** In these words for each action, so many times. */
  describes?: { readonly actions: number; readonly words: string }
}

/** What it was asked. */
export interface HostileRunner {
  readonly asked: { can: number; begun: number; joined: number; cancelled: number }
  /** The runs, each as it was asked for. */
  readonly runs: readonly RunRequest[]
  close(): Promise<void>
}

/** Says it until nobody listens any more. */
async function flood(call: ServerWritableStream<RunRequest, RunResponse>, what: RunResponse['what']): Promise<void> {
  while (!call.cancelled && !call.destroyed) {
    const isFull = !call.write({ what })
    await new Promise((soon) => (isFull ? call.once('drain', soon).once('cancelled', soon) : setImmediate(soon)))
  }
}

/** Serves it on a socket. */
export async function startHostileRunner(path: string, ways: HostileWays): Promise<HostileRunner> {
  const asked = { can: 0, begun: 0, joined: 0, cancelled: 0 }
  const runs: RunRequest[] = []
  const implementation: ActionRunnerServer = {
    describe(_, callback) {
      const { actions: count, words: description } = ways.describes ?? { actions: 0, words: '' }
      const actions = Array.from({ length: count }, (_, n) => ({ ...NO_ACTION, strategy: `a${n}`, description }))
      if (ways.isWell === true) callback(null, { name: 'another', version: '1', actions })
    },
    canRun({ request }, callback) {
      asked.can++
      const { refusal, goingDown, refusesAfterMs = 0 } = ways
      if (refusal !== undefined)
        setTimeout(() => callback(null, { refusal, act: request.act, goingDown }), refusesAfterMs)
    },
    run(call) {
      runs.push(call.request)
      if (call.request.join) asked.joined++
      else asked.begun++
      const { fails, floods } = ways
      for (const what of ways.says(call.request.attempt)) call.write({ what })
      if (floods !== undefined) void flood(call, floods)
      else if (fails !== undefined) call.emit('error', fails)
      else if (ways.isSilent !== true) call.end()
    },
    cancel(_, callback) {
      asked.cancelled++
      callback(null, { ran: true })
    },
  }
  const server = await serveUnix({
    path,
    services: [{ definition: ActionRunnerService, implementation }],
    serving: () => true,
    maxMessageBytes: 64 * 1024 ** 2,
  })
  return { asked, runs, close: () => server.close(0) }
}
