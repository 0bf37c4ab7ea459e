/** What a look at the container runtime says. Pure. */
import { type ConditionKey, type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { unknownFinding } from '#monitor-kit/evaluate'
import { judgeLasting, type Lasting, NOT_SEEN, type Seen } from '../../lasting.ts'
import { judgeLatency, type LatencyMemory, NO_LATENCY, type Timed } from '../../latency.ts'
import type { Config } from './config.ts'
import { conditionText, inDoubt, knownTo, nameOf, seeHealth } from './health.ts'
import type { RuntimeReading } from './source.ts'
import { judgeStuck, type StuckMemory } from './stuck.ts'

export const CALL_SECONDS = 'container_runtime_call_seconds'
export const SANDBOXES = 'container_runtime_sandboxes'
export const CONTAINERS = 'container_runtime_containers'
export const USED_BYTES = 'container_runtime_filesystem_used_bytes'

/** What one check keeps for the next. */
export interface RuntimeMemory {
  /** Name of the runtime that has answered in this boot; "": none has. */
  readonly known: string
  readonly health: Lasting
  readonly network: Lasting
  readonly latency: LatencyMemory
  readonly stuck: StuckMemory
  /** Conditions that were told. */
  readonly told: readonly string[]
}

export const FIRST_RUNTIME: RuntimeMemory = {
  known: '',
  health: NOT_SEEN,
  network: NOT_SEEN,
  latency: NO_LATENCY,
  stuck: new Map(),
  told: [],
}

export interface RuntimeVerdict {
  readonly memory: RuntimeMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
}

/** Who does not answer is a problem of its own: the rest is not known then. */
const NOT_ANSWERED = { ok: false, reason: 'NotAnswered' } as const

function seeNetwork({ answers, found }: RuntimeReading, known: string): Seen {
  const who = nameOf(found, known)
  const came = answers?.status?.came
  if (came?.ok !== true)
    return { kind: 'unknown', reason: 'NotAnswered', message: `${who} does not say how the network of pods is` }
  const condition = came.answer.find(({ type }) => type === 'NetworkReady')
  if (condition === undefined)
    return { kind: 'unknown', reason: 'NotSaid', message: `${who} says nothing of the network of pods` }
  if (condition.isTrue) return { kind: 'well', message: 'NetworkReady is true' }
  const message = `${who} says: ${conditionText(condition)}; pods get no network, see the configuration of CNI in /etc/cni/net.d`
  return { kind: 'sick', reason: 'NetworkNotReady', message, summary: 'pods get no network (CNI is not ready)' }
}

function timedOf({ answers }: RuntimeReading): readonly Timed[] {
  const { version, status, sandboxes, containers, imageFs } = answers ?? {}
  return [version, status, sandboxes, containers, imageFs].flatMap((asked) =>
    asked?.came.ok === true ? [{ what: asked.call, sample: asked.sample }] : [],
  )
}

function stuckOf(reading: RuntimeReading, memory: RuntimeMemory, around: { config: Config; nowMs: number }) {
  const { sandboxes, containers } = reading.answers ?? {}
  if (sandboxes?.came.ok === true && containers?.came.ok === true)
    return judgeStuck({ sandboxes: sandboxes.came.answer, containers: containers.came.answer }, memory.stuck, around)
  const failed = [sandboxes, containers].find((asked) => asked?.came.ok === false)?.came
  const message =
    failed?.ok === false ? failed.failure.message : `${nameOf(reading.found, memory.known)} did not list its pods`
  return { memory: memory.stuck, finding: unknownFinding('PodsStuck', { ...NOT_ANSWERED, message }) }
}

function counted(name: string, states: readonly string[], all: readonly { readonly state: string }[]): MetricSample[] {
  return states.map((state) => ({ name, labels: { state }, value: all.filter((one) => one.state === state).length }))
}

function metricsOf(reading: RuntimeReading): readonly MetricSample[] {
  const { sandboxes, containers, imageFs } = reading.answers ?? {}
  const filesystems = imageFs?.came.ok === true ? imageFs.came.answer : []
  return [
    ...timedOf(reading).map(({ what, sample }) => ({
      name: CALL_SECONDS,
      labels: { call: what },
      value: sample.ms / 1000,
    })),
    ...(sandboxes?.came.ok === true ? counted(SANDBOXES, ['ready', 'not-ready'], sandboxes.came.answer) : []),
    ...(containers?.came.ok === true
      ? counted(CONTAINERS, ['created', 'running', 'exited', 'unknown'], containers.came.answer)
      : []),
    ...filesystems.flatMap(({ of, mountpoint, usedBytes }) =>
      usedBytes === undefined ? [] : [{ name: USED_BYTES, labels: { of, mount: mountpoint }, value: usedBytes }],
    ),
  ]
}

function silent(memory: RuntimeMemory): RuntimeVerdict {
  const withdrawn = memory.told.map((type) => ({ type, entity: '' }))
  return { memory: FIRST_RUNTIME, findings: [], metrics: [], withdrawn }
}

/** Judges one look. Of a machine without a container runtime for Kubernetes nothing is said. */
export function evaluateRuntime(
  reading: RuntimeReading,
  config: Config,
  memory: RuntimeMemory,
  nowMs: number,
): RuntimeVerdict {
  const before = { ...memory, known: knownTo(reading, memory.known) }
  const seen = reading.isNode ? seeHealth(reading, before.known, config) : undefined
  if (seen === undefined) return silent(before)
  const { found, answers } = reading
  const known = found.kind === 'listening' && answers?.version.came.ok === true ? found.name : before.known
  const needed = config.failureThreshold
  const health = judgeLasting(seen, before.health, {
    type: 'ContainerRuntimeUnhealthy',
    healthyReason: 'RuntimeAnswers',
    needed,
  })
  const findings: Finding[] = [health.finding]
  let { network, latency, stuck } = before
  if (config.checkSocketConnectivity) {
    const timed = timedOf(reading)
    const slowest = timed.reduce((worst, one) => (one.sample.ms > worst.sample.ms ? one : worst), timed[0] as Timed)
    const limits = { warning: config.slowWarningMs, critical: config.slowCriticalMs }
    const slow = judgeLatency(timed, latency, {
      ...{ type: 'ContainerRuntimeSlow', healthyReason: 'AnswersInTime', who: nameOf(found, known), limits },
      ...{ needed: config.sustainedSlowChecks },
      metric: slowest === undefined ? '' : seriesKey(CALL_SECONDS, { call: slowest.what }),
    })
    latency = slow.memory
    findings.push(slow.finding)
  }
  if (config.checkSocketConnectivity && config.checkRuntimeInfo) {
    const options = { type: 'PodNetworkNotReady', healthyReason: 'NetworkReady', needed }
    const judged = judgeLasting(inDoubt(seeNetwork(reading, known), reading), network, options)
    network = judged.memory
    findings.push(judged.finding)
  }
  if (config.checkSocketConnectivity && config.checkPods) {
    const judged = stuckOf(reading, { ...before, known }, { config, nowMs })
    stuck = judged.memory
    findings.push(judged.finding)
  }
  const told = findings.map(({ type }) => type)
  const next = { known, health: health.memory, network, latency, stuck, told }
  return { memory: next, findings, metrics: metricsOf(reading), withdrawn: [] }
}
