/**
 * Runs one check of `network` or `kubernetes` in the network that it was started in, to be held back by a processor limit: once to begin
 * with, and as often again as it is told once it is told a line. Argument: {@link ProberOrder} as JSON. Of each run it prints
 * {@link Round} as JSON.
 */
import { once } from 'node:events'
import { systemClock } from '#clock'
import { createHost } from '#host'
import type { CheckDefinition, CheckResult } from '#monitor-kit'
import { type CheckUnderTest, type HandClock, startCheck } from '#monitor-kit/testing'
import { createStopwatch } from '#probe'

export interface ProberOrder {
  readonly check: 'gateway' | 'dns' | 'connectivity' | 'time' | 'kubelet' | 'runtime'
  readonly config: object
  /** The host's root. */
  readonly root: string
  readonly rounds: number
}

export interface Round {
  /** "GatewaySlow gateway:10.78.0.1: …", also of events that accuse somebody. */
  readonly problems: readonly string[]
  readonly healthy: number
  /** Somebody was not judged, since this process was late. */
  readonly isLate: boolean
  readonly ms: number
}

const FIRST_LOOKS_MAX = 20
const REAL = systemClock()
let aheadMs = 0
/** Real time, of which some is passed over between two runs. */
const clock: HandClock = {
  ...REAL,
  monotonicMs: () => REAL.monotonicMs() + aheadMs,
  pass(ms) {
    aheadMs += ms
  },
  step: () => undefined,
}

const MONITORS = {
  gateway: 'network',
  dns: 'network',
  connectivity: 'network',
  time: 'network',
  kubelet: 'kubernetes',
  runtime: 'kubernetes',
} as const

/** What the checks of a monitor have together; this is the node's network. */
async function sharedOf(monitor: 'network' | 'kubernetes'): Promise<object> {
  const hostNetwork = () => Promise.resolve({ kind: 'same' })
  const services = '../../services/monitors'
  if (monitor === 'kubernetes') {
    const { createWays } = await import(`${services}/kubernetes/ways.ts`)
    return { ...createWays(), hostNetwork }
  }
  const { doorOf } = await import(`${services}/network/probing/door.ts`)
  return { hostNetwork, door: { ...doorOf(undefined), ownFiles: createHost({ root: '/nowhere' }).files } }
}

/** Of the others nothing is loaded: there are many of these processes. */
async function started({ check, config, root }: ProberOrder): Promise<CheckUnderTest> {
  const monitor = MONITORS[check]
  const folder = `../../services/monitors/${monitor}/checks/${check}`
  const { schema } = await import(`${folder}/config.ts`)
  const definition: CheckDefinition<unknown> = (await import(`${folder}/check.ts`))[check]
  const own = createHost({ root: '' }).own
  const stopwatch = createStopwatch(clock, () => own.delays())
  return startCheck(definition, {
    root,
    clock,
    stopwatch,
    config: schema.parse(config),
    shared: await sharedOf(monitor),
  })
}

/** `NotJudged`: not for long enough yet to be unknown. */
const LATE_REASONS = ['ProberLate', 'NotJudged']

function roundOf({ findings, events = [] }: CheckResult, ms: number): Round {
  const sick = findings.filter(({ health }) => health === 'problem')
  const accusing = events.filter(({ severity }) => severity !== 'info')
  return {
    problems: [
      ...sick.map(({ type, entity = '', message }) => `${type} ${entity}: ${message}`),
      ...accusing.map(({ reason, entity = '', message }) => `${reason} ${entity}: ${message}`),
    ],
    healthy: findings.filter(({ health, pending }) => health === 'healthy' && pending !== true).length,
    isLate: findings.some(({ reason }) => LATE_REASONS.includes(reason)),
    ms,
  }
}

const order = JSON.parse(process.argv[2] ?? '{}') as ProberOrder
const one = await started(order)

async function look(): Promise<Round> {
  const begunMs = REAL.monotonicMs()
  const result = await one.run()
  return roundOf(result, REAL.monotonicMs() - begunMs)
}

/** On a busy machine the first may be late with a whole processor, too. */
async function firstLook(): Promise<Round> {
  for (let times = 1; ; times++) {
    const round = await look()
    if (!round.isLate || times === FIRST_LOOKS_MAX) return round
  }
}

function tell(round: Round): void {
  process.stdout.write(`${JSON.stringify(round)}\n`)
}

tell(await firstLook())
await once(process.stdin, 'data')
process.stdin.destroy()
for (let times = 0; times < order.rounds; times++) tell(await look())
