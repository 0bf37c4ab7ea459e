/** nodedoctor.v1.ActionRunner: decode, do, encode. */
import type { ServerWritableStream } from '@grpc/grpc-js'
import type { Clock } from '#clock'
import * as pb from '#proto/nodedoctor/v1/action.ts'
import { GRPC_STATUS, type RpcService } from '#rpc'
import { fromProtoCanRunRequest, fromProtoRunRequest, toProtoRunResponse } from '#wire/action'
import type { Action, Tools } from './actions/types.ts'
import type { Attempts } from './attempts/attempts.ts'
import { wordsOf } from './errors.ts'

/** What is served. */
export interface RunnerOptions {
  readonly name: string
  readonly version: string
  readonly clock: Clock
  readonly tools: Tools
  readonly actions: readonly Action[]
  readonly attempts: Attempts
  /** Told what no caller can be blamed for. */
  readonly onFault: (err: unknown) => void
}

/** An answer that somebody waits for: what fails is the caller's to know, and logged. */
async function answered<Answer>(
  onFault: (err: unknown) => void,
  callback: (err: { code: number; details: string } | null, answer?: Answer) => void,
  ask: () => Promise<Answer>,
): Promise<void> {
  try {
    callback(null, await ask())
  } catch (err) {
    onFault(err)
    callback({ code: GRPC_STATUS.INTERNAL, details: wordsOf(err) })
  }
}

/** A run's stream, to its end. An attempt runs on when its caller leaves. */
async function run(
  { attempts, clock, onFault }: RunnerOptions,
  call: ServerWritableStream<pb.RunRequest, pb.RunResponse>,
  isLeaving: () => boolean,
): Promise<void> {
  try {
    const asked = fromProtoRunRequest(call.request, clock.now())
    await attempts.run(asked, (told) => {
      if (!call.cancelled) call.write(toProtoRunResponse(told))
    })
    call.end()
  } catch (err) {
    if (!isLeaving()) onFault(err)
    const code = isLeaving() ? GRPC_STATUS.UNAVAILABLE : GRPC_STATUS.INTERNAL
    call.emit('error', { code, details: wordsOf(err) })
  }
}

/** @param isLeaving whether this service ends */
export function createActionRunnerRpc(options: RunnerOptions, isLeaving: () => boolean): RpcService {
  const { name, version, tools, actions, attempts, onFault } = options
  const implementation: pb.ActionRunnerServer = {
    describe: (_, callback) =>
      void answered<pb.ActionRunnerDescribeResponse>(onFault, callback, async () => ({
        name,
        version,
        actions: await Promise.all(
          actions.map(async ({ strategy, description, unavailable }) => ({
            strategy,
            description,
            types: [],
            unavailable: (await unavailable?.(tools)) ?? '',
          })),
        ),
      })),
    canRun: (call, callback) =>
      void answered<pb.CanRunResponse>(onFault, callback, async () => {
        const asked = fromProtoCanRunRequest(call.request)
        const { refusal, act, isGoingDown: goingDown } = await attempts.canRun(asked.act, asked.unrecorded)
        return { refusal, act: act && { ...act, parameters: { ...act.parameters } }, goingDown }
      }),
    run: (call) => void run(options, call, isLeaving),
    cancel: ({ request }, callback) => callback(null, { ran: attempts.cancel(request.attempt) }),
  }
  return { definition: pb.ActionRunnerService, implementation }
}
