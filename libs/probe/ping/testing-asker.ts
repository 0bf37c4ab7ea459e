/** A process that probes as it is told: in the network that it was started in, with the rights that it was given. */
import { systemClock } from '#clock'
import { createHost } from '#host'
import { type NeighbourState, type PingQuestion, type Place, probePing, probeTcp } from '../index.ts'
import { createStopwatch } from '../stopwatch.ts'

/** What it is told. */
export type Question =
  | { readonly kind: 'ping'; readonly timeoutMs: number; readonly question: PingQuestion; readonly looks?: boolean }
  | { readonly kind: 'tcp'; readonly timeoutMs: number; readonly place: Place }

const clock = systemClock()
const host = createHost({ root: '', clock })

/** As `ip neighbour` says it. */
async function neighbour(address: string): Promise<NeighbourState | undefined> {
  const [plain = '', device] = address.split('%')
  const args = ['-j', 'neighbour', 'show', 'to', plain, ...(device === undefined ? [] : ['dev', device])]
  const { stdout } = await host.programs.run('ip', args, { timeoutMs: 5000 })
  const [entry] = JSON.parse(stdout) as { state: NeighbourState[] }[]
  return entry?.state[0]
}

function answer(said: Question): Promise<unknown> {
  const ask = {
    clock,
    stopwatch: createStopwatch(clock),
    timeoutMs: said.timeoutMs,
    signal: new AbortController().signal,
  }
  if (said.kind === 'tcp') return probeTcp(ask, said.place)
  return probePing(ask, host, { ...said.question, ...(said.looks && { neighbour }) })
}

process.on('message', ([id, said]: [number, Question]) => {
  void answer(said).then(
    (probed) => process.send?.([id, probed]),
    (err) => process.send?.([id, { thrown: String(err) }]),
  )
})
process.on('disconnect', () => process.exit())
process.send?.('up')
