/** A plug-in for tests that carries out an action, as a process of its own: it keeps every rule, or forgets what a test says. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { systemClock } from '#clock'
import { type ActionRunnerServer, ActionRunnerService, type RunRequest } from '#proto/nodedoctor/v1/action.ts'
import { AttemptEnded, AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import { serveUnix } from '#rpc'

/** What it does not know. `time`: that a run comes late. `a stop`: that time went on since it was asked before. */
export type Forgets = 'attempts' | 'called off' | 'lost' | 'time' | 'a stop' | 'nothing'

/** The one thing that it does. */
export const ACTION = 'sweep'
const WORK_MS = 300

/** Serves it in this process. */
export async function serveActor(path: string, forgets: Forgets): Promise<void> {
  const clock = systemClock()
  const attempts = new Map<string, Promise<AttemptEnded>>()
  const disowned = new Set<string>()
  let askedMs = clock.monotonicMs()
  const endOf = (attempt: string, outcome: AttemptOutcome, message: string) =>
    AttemptEnded.fromPartial({ attempt, outcome, message })

  async function work(attempt: string): Promise<AttemptEnded> {
    await clock.sleep(WORK_MS)
    return endOf(attempt, AttemptOutcome.SUCCEEDED, `swept for ${attempt} at ${clock.monotonicMs()}`)
  }

  /** Why it is not begun; "": it is. */
  function whyNot({ attempt, act, beginByMs }: RunRequest): string {
    if (act?.target.endsWith(`/${ACTION}`) !== true) return 'there is no such action'
    if (disowned.has(attempt)) return 'it was called off, or told to be lost'
    const nowMs = forgets === 'a stop' ? askedMs : clock.monotonicMs()
    const isLate = beginByMs > 0 && nowMs > beginByMs && forgets !== 'time'
    return isLate ? 'it came too late' : ''
  }

  const implementation: ActionRunnerServer = {
    describe: (_, callback) => {
      const actions = [{ strategy: ACTION, description: 'sweeps', types: [], unavailable: '' }]
      callback(null, { name: 'sweeper', version: '1', actions })
    },
    canRun: ({ request: { act } }, callback) => {
      const refusal = act?.target.endsWith(`/${ACTION}`) === true ? '' : 'there is no such action'
      callback(null, { refusal, act })
    },
    run(call) {
      const { attempt, join: isJoin } = call.request
      const known = forgets === 'attempts' && !isJoin ? undefined : attempts.get(attempt)
      const end = (ended: AttemptEnded) => {
        call.write({ what: { $case: 'ended', value: ended } })
        call.end()
      }
      if (known === undefined && isJoin) {
        if (forgets !== 'lost') disowned.add(attempt)
        return end(endOf(attempt, AttemptOutcome.LOST, 'nobody knows of it'))
      }
      const why = known === undefined ? whyNot(call.request) : ''
      askedMs = clock.monotonicMs()
      if (why !== '') return end(endOf(attempt, AttemptOutcome.DECLINED, why))
      const over = known ?? work(attempt)
      attempts.set(attempt, over)
      call.write({ what: { $case: 'begun', value: { joined: known !== undefined } } })
      void over.then(end)
    },
    cancel({ request: { attempt } }, callback) {
      const isKnown = attempts.has(attempt)
      if (!isKnown && forgets !== 'called off') disowned.add(attempt)
      callback(null, { ran: isKnown })
    },
  }
  const services = [{ definition: ActionRunnerService, implementation }]
  await serveUnix({ path, services, serving: () => true })
}

/** A process that can be stopped. */
export interface Actor {
  send(signal: 'SIGSTOP' | 'SIGCONT'): void
  end(): void
}

/** Serves it in a process of its own. */
export async function startActor(path: string, forgets: Forgets): Promise<Actor> {
  const file = join(import.meta.dirname, 'testing-actor.ts')
  const text = `import { serveActor } from '${file}'\nawait serveActor('${path}', '${forgets}')\nconsole.log('up')`
  const args = ['--input-type=module', '-e', text]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return { send: (signal) => void child.kill(signal), end: () => void child.kill('SIGKILL') }
}
