import { createCriClient } from '#cri'
import { HostReadError } from '#host'
import { findNodeRuntime, socketOf } from '../runtime/node-runtime.ts'
import { runtimeUnit } from '../runtime/runtime-unit.ts'
import { doUnitJob, whyNoJob } from '../unit/act.ts'
import type { Action, Attempt, Ended, Tools } from './types.ts'

/** Of the attempt's time so much is left for the runtime to say that it is ready, after its unit stands. */
const READY_MS = 30_000
const LOOK_MS = 500
const ASK_MS = 5_000

/** Why it is not ready; "" where it says that it is. @throws the signal's reason */
async function whyNotReady({ signal }: Attempt, { host, clock, criSockets }: Tools): Promise<string> {
  const socket = await findNodeRuntime(host, criSockets).then(socketOf, (err: unknown) => {
    if (err instanceof HostReadError) return err.message
    throw err
  })
  if (typeof socket === 'string') return socket
  const cri = createCriClient(socket.path, { clock, timeoutMs: ASK_MS, place: socket.place })
  try {
    const came = await cri.status({ signal })
    if (!came.ok) return came.failure.message
    const ready = came.answer.find(({ type }) => type === 'RuntimeReady')
    if (ready?.isTrue === true) return ''
    return `the runtime says that it is not ready${ready === undefined ? '' : `: ${ready.reason} ${ready.message}`}`.trim()
  } finally {
    cri.close()
  }
}

async function ready(ended: Ended, attempt: Attempt, tools: Tools): Promise<Ended> {
  const { clock } = tools
  const endMs = clock.monotonicMs() + READY_MS
  for (;;) {
    const why = await whyNotReady(attempt, tools)
    if (why === '') return { ...ended, message: `${ended.message}; the runtime is ready` }
    if (clock.monotonicMs() >= endMs) return { ...ended, outcome: 'failed', message: `${ended.message}, and ${why}` }
    await clock.sleep(LOOK_MS, attempt.signal)
  }
}

export const restartRuntime: Action = {
  strategy: 'restart-runtime',
  description: 'Restarts the unit of the container runtime',
  async refusal(_, tools) {
    const found = await runtimeUnit(tools)
    return 'refusal' in found ? found.refusal : whyNoJob({ verb: 'restart', name: found.unit }, tools)
  },
  async run(attempt, tools) {
    const { recalled } = attempt
    const noted = recalled?.['unit']
    const found = noted === undefined ? await runtimeUnit(tools) : { unit: noted }
    if ('refusal' in found) return { outcome: recalled === undefined ? 'declined' : 'lost', message: found.refusal }
    const { unit } = found
    // Which it was is not found out again after a kill: it may have been another one by then.
    const note: Attempt['note'] = (what) => attempt.note({ ...what, unit })
    const deadlineMs = Math.max(1_000, attempt.deadlineMs - READY_MS)
    const ended = await doUnitJob({ verb: 'restart', name: unit }, { ...attempt, deadlineMs, note }, tools)
    return ended.outcome === 'succeeded' ? ready(ended, attempt, tools) : ended
  },
}
