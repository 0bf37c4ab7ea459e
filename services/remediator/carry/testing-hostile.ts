/** A plug-in that carries out actions and means no good: it counts what it was asked, and answers as it is told. */
import {
  type ActionRunnerServer,
  ActionRunnerService,
  type RunRequest,
  type RunResponse,
} from '#proto/nodedoctor/v1/action.ts'
import { serveUnix } from '#rpc'

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
  /** It says what it is. */
  isWell?: boolean
}

/** What it was asked. */
export interface HostileRunner {
  readonly asked: { can: number; begun: number; joined: number; cancelled: number }
  /** The runs, each as it was asked for. */
  readonly runs: readonly RunRequest[]
  close(): Promise<void>
}

/** Serves it on a socket. */
export async function startHostileRunner(path: string, ways: HostileWays): Promise<HostileRunner> {
  const asked = { can: 0, begun: 0, joined: 0, cancelled: 0 }
  const runs: RunRequest[] = []
  const implementation: ActionRunnerServer = {
    describe(_, callback) {
      if (ways.isWell === true) callback(null, { name: 'fixer', version: '1', actions: [] })
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
      for (const what of ways.says(call.request.attempt)) call.write({ what })
      if (ways.isSilent !== true) call.end()
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
