/** What a plug-in is asked by npd.external.v1, from the harmless to what it may not outlive. */
import { ExternalMonitorService, type MonitorMetadata, type Status } from '#proto/npd/external/v1/external_monitor.ts'
import { CANCEL_AFTER_MS } from './ask-check.ts'
import type { CallMore, Line } from './line.ts'
import type { Asked, ExternalFacts, Outcome } from './types.ts'

/** Given to a plug-in that was told no names of its own: those that are in use. */
const USUAL_NAMES = ['temperature_threshold', 'memory_threshold', 'interval', 'timeout']
/** What no number, path or word is. */
export const ABSURD_VALUES: readonly string[] = [
  '',
  '-1',
  'NaN',
  '1e400',
  '9223372036854775808',
  '$(exit 1); `exit 1`',
  '../../../../dev/null',
  '\u0000\u{1f4a5}\u202e',
  'x'.repeat(4096),
]
/** Of a call that was not answered at all. */
const SILENCE = ['UNAVAILABLE', 'DEADLINE_EXCEEDED']
/** A name that no plug-in knows. */
const STRANGE_NAME = 'node-doctor-conformance'

type Parameters = Readonly<Record<string, string>>
type CheckHealth = (parameters?: Parameters, more?: CallMore) => Promise<Outcome<Status>>

/** Calls numbered from 1, as a client of this protocol makes them. */
function createCheckHealth(line: Line, usual: Parameters): CheckHealth {
  let sequence = 0
  return (parameters = usual, more = {}) =>
    line.ask(ExternalMonitorService.checkHealth, { parameters: { ...parameters }, sequence: ++sequence }, more)
}

async function calledOff(checkHealth: CheckHealth, line: Line): Promise<Outcome<Status>[]> {
  const abort = new AbortController()
  const answer = checkHealth(undefined, { signal: abort.signal })
  await line.clock.sleep(CANCEL_AFTER_MS)
  abort.abort()
  await answer
  return []
}

/** One absurd value after the other, under each name at once. */
async function absurdly(checkHealth: CheckHealth, parameters: Parameters): Promise<Outcome<Status>[]> {
  const names = [...new Set([...Object.keys(parameters), ...USUAL_NAMES])]
  const answers: Outcome<Status>[] = []
  for (const value of ABSURD_VALUES) {
    const answer = await checkHealth(Object.fromEntries(names.map((name) => [name, value])))
    answers.push(answer)
    if (answer.kind === 'failed' && SILENCE.includes(answer.code)) break
  }
  return answers
}

/** What every step asks with. */
interface Asking {
  readonly line: Line
  readonly checkHealth: CheckHealth
  readonly options: Asked
  readonly metadata: Outcome<MonitorMetadata>
}

/** A call with a field that nobody knows; of GetMetadata where it is answered at all. */
function withField({ line, checkHealth, metadata }: Asking): Promise<Outcome<unknown>[]> {
  const more = { withUnknownField: true }
  const calls = metadata.kind === 'answered' ? [line.ask(ExternalMonitorService.getMetadata, {}, more)] : []
  return Promise.all([checkHealth(undefined, more), ...calls])
}

/** All that follows the first answers; where there are none it is not asked for. */
async function askOn(asking: Asking) {
  const { line, checkHealth, options } = asking
  const { parameters, idleMs } = options
  const ordinary = () => checkHealth()
  const strange = { ...parameters, [STRANGE_NAME]: 'yes' }
  const atOnce = await line.trial('two calls at once', () => Promise.all([ordinary(), ordinary()]), ordinary)
  const fields = await line.trial('a call with an unknown field', () => withField(asking), ordinary)
  const unknownParameter = await line.trial(
    'a call with an unknown parameter',
    async () => [await checkHealth(strange)],
    ordinary,
  )
  const cancelled = await line.trial('a call that was called off', () => calledOff(checkHealth, line), ordinary)
  const restarted = await createCheckHealth(line, parameters)()
  await line.clock.sleep(idleMs)
  const idle = await ordinary()
  const absurd = await line.trial('calls with absurd parameters', () => absurdly(checkHealth, parameters), ordinary)
  return { atOnce, fields, unknownParameter, cancelled, restarted, idle, absurd }
}

function nothingAsked(why: string) {
  const outcome = { kind: 'not-asked', why } as const
  const trial = { answers: [outcome], after: outcome, isAnother: false }
  const trials = { atOnce: trial, fields: trial, unknownParameter: trial, cancelled: trial, absurd: trial }
  return { ...trials, restarted: outcome, idle: outcome }
}

/** Everything; where it does not speak the protocol, why. */
export async function askExternal(line: Line, options: Asked): Promise<ExternalFacts | { readonly notSpoken: string }> {
  const checkHealth = createCheckHealth(line, options.parameters)
  const first = await checkHealth()
  if (first.kind === 'failed' && ['UNIMPLEMENTED', 'UNAVAILABLE'].includes(first.code))
    return { notSpoken: first.details }
  const metadata = await line.ask(ExternalMonitorService.getMetadata, {})
  const second = first.kind === 'answered' ? await checkHealth() : first
  if (first.kind !== 'answered' || second.kind !== 'answered')
    return { metadata, first, second, ...nothingAsked('CheckHealth was not answered') }
  return { metadata, first, second, ...(await askOn({ line, checkHealth, options, metadata })) }
}
