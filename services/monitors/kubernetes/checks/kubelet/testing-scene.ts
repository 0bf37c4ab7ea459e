/** A strict kubelet, and the check of it, by its real ways but for the API server's token. */
import { systemClock } from '#clock'
import type { Unit } from '#host'
import { type KubeAccess, KubeUnreachableError } from '#kube'
import type { CheckMemory } from '#monitor-kit'
import { handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import type { Issued } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { type FakeKubeletAnswers, startFakeKubelet } from '../../../../../test/fakes/kubelet/kubelet.ts'
import { createWays, type Ways } from '../../ways.ts'
import { kubelet } from './check.ts'
import { schema } from './config.ts'

/** What its metrics are after so many seconds in which it did what it always does. */
export function metricsAfter(seconds: number, { renews = true, relistSeconds = 0.002 } = {}): string {
  return `kubelet_pleg_relist_duration_seconds_sum ${seconds * relistSeconds}
kubelet_pleg_relist_duration_seconds_count ${seconds}
kubelet_runtime_operations_duration_seconds_sum{operation_type="list_podsandbox"} ${seconds * 0.001}
kubelet_runtime_operations_duration_seconds_count{operation_type="list_podsandbox"} ${seconds}
rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} ${renews ? 10 + seconds : 10}
rest_client_requests_total{code="<error>",host="10.0.0.1:6443",method="PUT"} ${renews ? 0 : seconds}
process_start_time_seconds 1796013889.39
`
}

/** Its unit, as it runs. */
export function unitOf(more: Partial<Unit> = {}): Unit {
  const service = { result: 'success', mainPid: 812, restarts: 0, exitStatus: 0 }
  const state = { name: 'kubelet.service', loadState: 'loaded', activeState: 'active', subState: 'running' }
  return { ...state, activeEnteredAt: new Date('2024-05-12T02:00:00Z'), fileState: 'enabled', service, ...more }
}

/** What a test sets. */
export interface Setting {
  /** What the kubelet shows. */
  readonly shows: Issued
  readonly answers?: FakeKubeletAnswers
  readonly keys?: object
  readonly files?: Readonly<Record<string, string>>
  /** The cluster's authorities. */
  readonly ca: string
  /** Default true. */
  readonly hasFolder?: boolean
  /** What earlier processes knew. Default: nothing. */
  readonly memory?: CheckMemory
}

/** A node with a kubelet, the check of it, and its unit, which a test sets. */
export async function kubeletScene({
  shows,
  answers = {},
  keys = {},
  files = {},
  ca,
  hasFolder = true,
  memory = heldMemory(),
}: Setting) {
  const stack = new AsyncDisposableStack()
  const root = stack.use(await tempFolder())
  await writeTree(root.path, { ...(hasFolder && { 'var/lib/kubelet/x': '' }), ...files })
  const fake = stack.use(await startFakeKubelet({ ...shows, answers: { metrics: metricsAfter(0), ...answers } }))
  let unit: Unit | undefined = unitOf()
  let isKnown = false
  let isServed = true
  let asksApi = 0
  const credentials = {
    headers: { authorization: 'Bearer good' },
    ca,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    verify: true,
  }
  const access = { credentials: () => Promise.resolve(credentials) } as unknown as KubeAccess
  const ways: Ways = {
    ...createWays(),
    hostNetwork: () => Promise.resolve({ kind: 'same' }),
    access: () => Promise.resolve(access),
    apiServer: () => ({
      ...createWays().apiServer({ access, userAgent: '' }),
      readyz: () =>
        isServed
          ? Promise.resolve({ kind: 'ready' })
          : Promise.reject(new KubeUnreachableError('get readyz', 'https://10.0.0.1:6443', new Error('no answer'))),
      whoAmI() {
        asksApi++
        return isKnown
          ? Promise.resolve({ kind: 'known', name: 'system:serviceaccount:a:b', groups: [] })
          : Promise.reject(
              new KubeUnreachableError('create selfsubjectreviews', 'https://10.0.0.1:6443', new Error('no answer')),
            )
      },
    }),
    unit: (_host, name) =>
      Promise.resolve(
        unit?.name === name
          ? { kind: 'known', unit }
          : {
              kind: 'known',
              unit: unitOf({ name, loadState: 'not-found', activeState: 'inactive', subState: 'dead' }),
            },
      ),
  }
  const hand = handClock()
  let passedMs = 0
  const real = systemClock()
  // The system's clock, by which answers are waited for, and which a test moves on.
  const clock = {
    ...real,
    monotonicMs: () => real.monotonicMs() + passedMs,
    step: hand.step,
    pass(ms: number) {
      passedMs += ms
    },
  }
  const config = schema.parse({
    ...{ healthzURL: `http://127.0.0.1:${fake.healthzPort}/healthz`, httpTimeout: '300ms' },
    ...{ metricsURL: `https://127.0.0.1:${fake.securePort}/metrics`, ...keys },
  })
  const check = startCheck(kubelet, { root: root.path, config, memory, clock, shared: ways })
  return {
    fake,
    check,
    told: ways.told,
    asksApi: () => asksApi,
    setUnit: (next: Unit | undefined) => {
      unit = next
    },
    setServed: (served: boolean) => {
      isServed = served
    },
    setKnown: (known: boolean) => {
      isKnown = known
    },
    place: `127.0.0.1:${fake.healthzPort}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
