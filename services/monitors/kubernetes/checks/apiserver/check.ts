/** `kubernetes-apiserver-check`: are the API servers reached, in time, and do they know us? */
import type { ConditionKey } from '#model'
import { createLook, defineCheck } from '#monitor-kit'
import { isJudged, type Place } from '#probe'
import { NOT_SEEN } from '../../lasting.ts'
import { NO_LATENCY } from '../../latency.ts'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { type ApiMemory, CONNECT_SECONDS, dueOf, evaluateApi, FIRST_API, reachedOf } from './evaluate.ts'
import { type ApiReading, readApi, SERVERS_MAX } from './source.ts'

const ADDRESS = /^[0-9a-fA-F:.]{2,45}$/

function isPlace(value: unknown): value is Place {
  const { address, port } = (value ?? {}) as Partial<Place>
  return (
    typeof address === 'string' &&
    ADDRESS.test(address) &&
    Number.isInteger(port) &&
    Number(port) > 0 &&
    Number(port) < 65_536
  )
}

/** What an earlier process of this boot knew: which servers there are, which nobody tells while none is reached. */
function recalled(facts: unknown): ApiMemory {
  const servers: readonly unknown[] = Array.isArray(facts) ? facts.slice(0, SERVERS_MAX) : []
  return { ...FIRST_API, servers: servers.filter(isPlace) }
}

/** A person's word: what has to last is counted anew. */
function clear(memory: ApiMemory, { type, entity }: ConditionKey): ApiMemory {
  if (type === 'APIServerAuthFailing')
    return { ...memory, identity: NOT_SEEN, identityWord: undefined, askedMs: undefined }
  const part = type === 'APIServerSlow' ? { latency: NO_LATENCY, words: [] } : { health: NOT_SEEN, words: [] }
  const byName = [...memory.byName].map(
    ([name, one]) => [name, `apiserver:${name}` === entity ? { ...one, ...part } : one] as const,
  )
  // Of a way that is a name nothing else says how it is.
  return { ...memory, byName: new Map(byName), askedMs: undefined }
}

/** Who could not be reached because this process was late is not unreached by that; a way that is a name is as its request is. */
function reachesNobody({ way, connected, readiness }: ApiReading, { httpTimeout }: Config): boolean {
  if (!way.ok || connected.some(({ probed }) => probed.ok || !isJudged(probed.sample, httpTimeout))) return false
  if (connected.some(({ name }) => name === way.value.name)) return true
  return (
    readiness?.came.ok === false &&
    readiness.came.failure.kind === 'unreachable' &&
    isJudged(readiness.sample, httpTimeout)
  )
}

export const apiserver = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-apiserver-check',
  description:
    'Whether the API servers are reached from this node, by their Service and each by itself, how long that takes, and whether they know us',
  leavesNode: true,
  intervalMs: 30_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: 'APIServerUnreachable',
      description: 'An API server is not reached from this node, or does not answer as it should',
      label: '{entity} unreachable',
      healthyReason: 'Reached',
      healthyMessage: 'the API server is reached',
      recoveryText: '2 checks in a row reach it, and a request is answered',
      source:
        'TCP to the Service address and to each server of EndpointSlice default/kubernetes; GET /readyz every 10 min, in trouble in each check',
      warning: 'one of several servers is not reached; it says that it is not ready',
      critical: 'the Service address, or none of them, is reached',
      sustained: '2 checks in a row (failureThreshold)',
    },
    {
      type: 'APIServerSlow',
      description: 'An API server takes long to be connected to, or to answer',
      label: '{entity} slow',
      healthyReason: 'AnswersInTime',
      healthyMessage: 'the API server answers in time',
      recoveryText: '2 checks in a row find it under the warning limit',
      source: 'time of a connection, and of GET /readyz',
      warning: '2,000 ms (latencyThreshold)',
      critical: '5,000 ms (criticalLatencyThreshold)',
      sustained: '3 checks in a row (sustainedSlowChecks)',
    },
    {
      type: 'APIServerAuthFailing',
      description: 'The API server does not know the account of this agent',
      label: 'API server does not know us',
      healthyReason: 'Known',
      healthyMessage: 'the API server knows this account',
      recoveryText: '2 checks in a row hear that it knows us',
      source: 'SelfSubjectReview',
      warning: '401, 403, or system:anonymous',
      critical: 'none',
      sustained: '2 checks in a row (failureThreshold)',
    },
  ],
  metrics: [
    {
      name: CONNECT_SECONDS,
      help: 'How long it took to connect to an API server',
      kind: 'gauge',
      unit: 'seconds',
      title: '{server} connect',
    },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    return createLook<Config, ApiMemory>(kept, {
      first: FIRST_API,
      async look({ host, clock, stopwatch, signal, config, nodeName }, memory) {
        const now = clock.now()
        const due = dueOf(memory, config, clock.monotonicMs())
        // As long as the way leads to nobody who tells, those of the kubelet are known.
        const servers = memory.servers.length > 0 ? memory.servers : ways.told.servers
        const around = { host, ways, clock, stopwatch, signal, config, nodeName, servers, reached: reachedOf(memory) }
        const reading = await readApi({ ...around, ...due })
        const nowMs = clock.monotonicMs()
        const verdict = evaluateApi(reading, config, memory, { nowMs, now })
        const isUnreached = reachesNobody(reading, config)
        ways.told.apiServer = { isUnreached, atMs: nowMs }
        // The kubelet may lean on it, too.
        if (isUnreached) ways.told.troubleMs = nowMs
        return verdict
      },
      clear,
      facts: { of: ({ servers }) => servers, recalled },
    })
  },
})
