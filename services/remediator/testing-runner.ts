/** A plug-in that carries out actions, for tests: it counts, and ends as it is told. */
import { type ActionRunnerServer, ActionRunnerService, type RunResponse } from '#proto/nodedoctor/v1/action.ts'
import { AttemptEnded, AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import { serveUnix } from '#rpc'

/** What a test decides of it. */
export interface RunnerWays {
  /** Why it could not; "" it could. */
  refusal: string
  /** That is about the machine. */
  isGoingDown: boolean
  /** How long it takes to say so. */
  answersAfterMs: number
  outcome: AttemptOutcome
  /** Resolves when a run may end. */
  until: Promise<unknown>
  /** What a run does. */
  does: () => void
}

/** The plug-in, and what it was asked. */
export interface TestRunner {
  readonly ways: RunnerWays
  /** Attempts that were begun, each as often as it was. */
  readonly begun: readonly string[]
  readonly joined: readonly string[]
  close(): Promise<void>
}

/** Serves it on a socket. */
export async function startRunner(path: string): Promise<TestRunner> {
  const ways: RunnerWays = {
    refusal: '',
    isGoingDown: false,
    answersAfterMs: 0,
    outcome: AttemptOutcome.SUCCEEDED,
    until: Promise.resolve(),
    does: () => undefined,
  }
  const begun: string[] = []
  const joined: string[] = []
  const implementation: ActionRunnerServer = {
    describe: (_, callback) => callback(null, { name: 'fixer', version: '1', actions: [] }),
    canRun: ({ request }, callback) => {
      const { refusal, isGoingDown: goingDown } = ways
      setTimeout(() => callback(null, { refusal, act: request.act, goingDown }), ways.answersAfterMs)
    },
    run(call) {
      const { attempt, join } = call.request
      const isKnown = begun.includes(attempt)
      if (join) joined.push(attempt)
      else begun.push(attempt)
      const say = (what: RunResponse['what']) => call.write({ what })
      if (join && !isKnown) {
        say({ $case: 'ended', value: AttemptEnded.fromPartial({ attempt, outcome: AttemptOutcome.LOST }) })
        call.end()
        return
      }
      say({ $case: 'begun', value: { joined: isKnown } })
      void ways.until.then(() => {
        const { outcome } = ways
        ways.does()
        say({
          $case: 'ended',
          value: AttemptEnded.fromPartial({ attempt, outcome, message: 'done', output: 'fixed', durationMs: 5 }),
        })
        call.end()
      })
    },
    cancel: (_, callback) => callback(null, { ran: false }),
  }
  const server = await serveUnix({
    path,
    services: [{ definition: ActionRunnerService, implementation }],
    serving: () => true,
  })
  return { ways, begun, joined, close: () => server.close(0) }
}
