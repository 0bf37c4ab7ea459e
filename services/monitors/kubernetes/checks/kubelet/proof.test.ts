/** That what the kubelet's figures and its file say is opened and closed as the detector has it. */
import { describe, expect, test } from 'vitest'
import { type KubeAccess, KubeStatusError, KubeUnreachableError, type Readiness } from '#kube'
import { createMetricsReader, type Kubelet } from '#kube/kubelet'
import { findingOf, fixture, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordedHost } from '../../../../../libs/monitor-kit/testing/recorded-host.ts'
import { createFold, foldClock } from '../../testing-fold.ts'
import { sharedOver } from '../../testing-shared.ts'
import type { Ways } from '../../ways.ts'
import { kubelet } from './check.ts'
import { schema } from './config.ts'
import { dueOf } from './due.ts'
import { FIRST_KUBELET } from './evaluate.ts'

const ROOT = fixture(import.meta.url, 'well-kubeadm/1')
const TURN_MS = 30_000
const MINUTE_MS = 60_000
const SAMPLE = { ms: 1, lateMs: 0 }

/** What a node does between two turns. */
interface Doing {
  readonly renews?: boolean
  readonly relistSeconds?: number
  readonly isUnreached?: boolean
  readonly runtime?: 'well' | 'slow' | 'hangs'
  /** What the API server answers this agent; a number is the status of a refusal. Default: that it is ready. */
  readonly readyz?: Readiness | number | 'hangs'
}

function answerOf(readyz: Readiness | number | 'hangs'): Promise<Readiness> {
  if (readyz === 'hangs')
    return Promise.reject(new KubeUnreachableError('get readyz', 'https://10.96.0.1:443', new Error('no answer')))
  if (typeof readyz !== 'number') return Promise.resolve(readyz)
  const refusal = { what: 'get readyz', verb: 'get', resource: 'readyz', status: readyz, reason: '', message: '' }
  return Promise.reject(new KubeStatusError(refusal))
}

/** A kubelet whose counters grow as a real one's, the check of it, and what the detector makes of that. */
function node(nodeTurnMs = TURN_MS, keys: object = {}) {
  const clock = foldClock()
  const counters = { puts: 0, errors: 0, lists: 0, listSeconds: 0 }
  let looks = 0
  let startedSeconds = 1_796_013_889.39
  let drift: Readonly<Record<string, unknown>> = {}
  let readyz: Readiness | number | 'hangs' = { kind: 'ready' }
  const ways = sharedOver(ROOT, clock)
  const real = ways.kubelet({ place: { address: '127.0.0.1', port: 10_250 } } as Parameters<Ways['kubelet']>[0])
  const text = () => `kubelet_pleg_relist_duration_seconds_sum ${counters.listSeconds}
kubelet_pleg_relist_duration_seconds_count ${counters.lists}
rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} ${counters.puts}
rest_client_requests_total{code="<error>",host="10.0.0.1:6443",method="PUT"} ${counters.errors}
process_start_time_seconds ${startedSeconds}
`
  // As after each start of it.
  ways.told.inForce = (_of, ask) => ask()
  const shared: Ways = {
    ...ways,
    access: () => Promise.resolve({ server: 'https://10.96.0.1:443', origin: '' } as KubeAccess),
    apiServer: () => ({
      ...ways.apiServer({} as Parameters<Ways['apiServer']>[0]),
      readyz: () => answerOf(readyz),
    }),
    kubelet: (): Kubelet => ({
      ...real,
      metrics(_ask, names) {
        looks++
        const reader = createMetricsReader({ names })
        reader.take(Buffer.from(text()))
        return Promise.resolve({ ok: true, sample: SAMPLE, answer: reader.read() })
      },
      async configz(ask) {
        const said = await real.configz(ask)
        return said.ok ? { ...said, answer: { ...said.answer, ...drift } } : said
      },
    }),
  }
  const check = startCheck(kubelet, {
    ...{ root: ROOT, host: recordedHost(ROOT), clock, shared, memory: heldMemory(), config: schema.parse(keys) },
  })
  const fold = createFold(kubelet, clock)
  const said: string[] = []
  const events: string[] = []
  let isFirst = true
  return {
    check,
    /** Somebody sets the clock; the kernel reckons when a process was started from what the clock says. */
    step(ms: number) {
      clock.step(ms)
      startedSeconds += ms / 1000
    },
    restart() {
      startedSeconds += 600
    },
    said,
    events,
    fold,
    /** It runs with something else than its file says. */
    setDrift(next: Readonly<Record<string, unknown>>) {
      drift = next
    },
    get looks() {
      return looks
    },
    /** Turns for so long; gives back what the last said. */
    async pass(ms: number, doing: Doing = {}) {
      const { renews = true, relistSeconds = 0.002, isUnreached, runtime = 'well' } = doing
      readyz = doing.readyz ?? { kind: 'ready' }
      let result = { findings: [] } as Awaited<ReturnType<typeof check.run>>
      for (let passed = 0; passed < ms; passed += nodeTurnMs) {
        if (!isFirst) clock.pass(nodeTurnMs)
        const seconds = nodeTurnMs / 1000
        counters.lists += seconds
        counters.listSeconds += seconds * relistSeconds
        if (renews) counters.puts += seconds / 10
        else counters.errors += seconds / 10
        if (isUnreached !== undefined) {
          ways.told.apiServer = { isUnreached, atMs: clock.monotonicMs() }
          if (isUnreached) ways.told.troubleMs = clock.monotonicMs()
        }
        if (runtime !== 'well') ways.told.troubleMs = ways.told.runtimeAmissMs = clock.monotonicMs()
        if (runtime === 'hangs') ways.told.runtimeGraveMs = clock.monotonicMs()
        isFirst = false
        result = await check.run(0)
        said.push(...fold.take(result))
        events.push(...(result.events ?? []).map(({ reason }) => reason))
      }
      return result
    },
  }
}

describe('a problem that is over is closed', () => {
  test('where the API server takes the lease again: by two looks in the turns that follow', async () => {
    const at = node()
    await at.pass(5 * MINUTE_MS)
    await at.pass(25 * MINUTE_MS, { renews: false })
    expect(at.said).toEqual(['opened KubeletCutOff'])
    await at.pass(2 * TURN_MS)
    expect(at.said).toEqual(['opened KubeletCutOff', 'resolved KubeletCutOff'])
  })

  test('where the kubelet is in time again', async () => {
    const at = node()
    await at.pass(5 * MINUTE_MS)
    await at.pass(25 * MINUTE_MS, { relistSeconds: 8 })
    expect(at.said).toEqual(['opened KubeletSlow'])
    await at.pass(2 * TURN_MS)
    expect(at.said).toEqual(['opened KubeletSlow', 'resolved KubeletSlow'])
  })

  test('where the file is in force again', async () => {
    const at = node()
    await at.pass(5 * MINUTE_MS)
    at.setDrift({ cgroupDriver: 'systemd' })
    await at.pass(5 * MINUTE_MS)
    expect(at.said).toEqual(['opened KubeletConfigDrift'])
    at.setDrift({})
    await at.pass(2 * TURN_MS)
    expect(at.said).toEqual(['opened KubeletConfigDrift', 'resolved KubeletConfigDrift'])
  })
})

test('what waited for a container runtime that hung is no slow kubelet, neither then nor behind it', async () => {
  const at = node()
  await at.pass(5 * MINUTE_MS)
  await at.pass(5 * MINUTE_MS, { relistSeconds: 60, runtime: 'hangs' })
  await at.pass(25 * MINUTE_MS)
  expect(at.said).toEqual([])
  expect(at.fold.healthOf('KubeletSlow')).toBe('healthy')
  await at.pass(25 * MINUTE_MS, { relistSeconds: 8 })
  expect(at.said).toEqual(['opened KubeletSlow'])
})

test('a runtime that is slow for good, by a warning, is why of a kubelet that is slow by a warning, and not of more', async () => {
  const at = node()
  await at.pass(5 * MINUTE_MS, { runtime: 'slow' })
  expect(at.fold.healthOf('KubeletSlow')).toBe('healthy')
  await at.pass(25 * MINUTE_MS, { runtime: 'slow', relistSeconds: 8 })
  expect(at.said).toEqual([])
  await at.pass(25 * MINUTE_MS, { runtime: 'slow', relistSeconds: 40 })
  expect(at.said).toEqual(['opened KubeletSlow'])
})

test('what is not looked at is what it was, as of its own look', async () => {
  const at = node()
  const third = await at.pass(3 * TURN_MS)
  const { findings } = await at.pass(TURN_MS)
  expect(at.looks).toBe(3)
  for (const type of ['KubeletSlow', 'KubeletCutOff', 'KubeletConfigDrift'])
    expect(at.fold.healthOf(type)).toBe('healthy')
  expect(findingOf({ findings }, 'KubeletCutOff')).toEqual(findingOf(third, 'KubeletCutOff'))
  expect(findingOf({ findings }, 'KubeletCutOff').observed).toEqual(new Date(at.check.clock.now().getTime() - TURN_MS))
})

describe('an API server that is not reached', () => {
  test('makes unknown whether the kubelet is cut off, until two turns after it is back', async () => {
    const at = node()
    await at.pass(5 * MINUTE_MS, { isUnreached: false })
    await at.pass(2 * MINUTE_MS, { isUnreached: true, renews: false })
    expect(at.fold.healthOf('KubeletCutOff')).toBe('unknown')
    await at.pass(TURN_MS, { isUnreached: false })
    expect(at.fold.healthOf('KubeletCutOff')).toBe('healthy')
    expect(at.said).toEqual([])
  })

  test('and is back, while the kubelet stays cut off: that is told after a minute', async () => {
    const at = node()
    await at.pass(5 * MINUTE_MS, { isUnreached: false })
    await at.pass(2 * MINUTE_MS, { isUnreached: true, renews: false })
    const first = await at.pass(TURN_MS, { isUnreached: false, renews: false })
    expect(findingOf(first, 'KubeletCutOff').message).toMatch(/lease for 0 ms, limit 60 s/)
    await at.pass(TURN_MS, { isUnreached: false, renews: false })
    expect(at.said).toEqual([])
    await at.pass(TURN_MS, { isUnreached: false, renews: false })
    expect(at.said).toEqual(['opened KubeletCutOff'])
  })
})

describe('a kubelet that is not heard by API servers that do not answer this agent either', () => {
  test.each<[string, Readiness | number | 'hangs']>([
    ['hang', 'hangs'],
    ['have too much to do', 503],
    ['have lost their store', { kind: 'not-ready', failed: ['etcd'] }],
  ])('since they %s, is not cut off by itself; once they answer, and it is not heard, it is', async (_, readyz) => {
    const at = node()
    await at.pass(5 * MINUTE_MS)
    await at.pass(25 * MINUTE_MS, { renews: false, readyz })
    expect(at.said).toEqual([])
    expect(at.fold.healthOf('KubeletCutOff')).toBe('unknown')
    await at.pass(2 * MINUTE_MS, { renews: false })
    expect(at.said).toEqual(['opened KubeletCutOff'])
  })

  test.each<[string, Readiness | number]>([
    ['since one of them is about to end', { kind: 'not-ready', failed: ['shutdown'] }],
    ['since nobody may ask that', 404],
  ])('%s, is cut off', async (_, readyz) => {
    const at = node()
    await at.pass(5 * MINUTE_MS)
    await at.pass(25 * MINUTE_MS, { renews: false, readyz })
    expect(at.said).toEqual(['opened KubeletCutOff'])
  })
})

test('a node that stood still for minutes is not cut off by the one look behind that', async () => {
  const at = node()
  await at.pass(2 * TURN_MS)
  at.check.clock.pass(4 * MINUTE_MS)
  await at.pass(TURN_MS, { renews: false })
  await at.pass(25 * MINUTE_MS)
  expect(at.said).toEqual([])
})

test('a clock that is set is no other run of the kubelet, also where its unit is not seen', async () => {
  const at = node(TURN_MS, { checkSystemdStatus: false })
  await at.pass(TURN_MS)
  at.step(-3_600_000)
  await at.pass(TURN_MS)
  expect(at.fold.healthOf('KubeletSlow')).toBe('healthy')
  at.step(7_200_000)
  await at.pass(TURN_MS)
  expect(at.events).toEqual([])
  at.restart()
  await at.pass(25 * MINUTE_MS)
  expect(at.events).toEqual(['KubeletRestarted'])
})

test('a monitor whose turns are far apart sees that it is cut off, and does not ask in each while all is well', async () => {
  const stretchedMs = 4 * MINUTE_MS
  const at = node(stretchedMs)
  await at.pass(120 * MINUTE_MS)
  expect(at.fold.healthOf('KubeletSlow')).toBe('healthy')
  // Three at the start, and three of each 20 minutes, of which the last may be cut short.
  expect(at.looks).toBeLessThanOrEqual(3 + 6 * 3)
  await at.pass(40 * MINUTE_MS, { renews: false })
  expect(at.said).toEqual(['opened KubeletCutOff'])
})

test('after the start each node has its own place in the interval, and keeps it', () => {
  const at = (seconds: number, figuresAtSeconds: number, phase: number) => {
    const memory = { ...FIRST_KUBELET, startedMs: 0, figuresAtMs: figuresAtSeconds * 1000, fileAtMs: 0 }
    return dueOf(memory, schema.parse({}), { nowMs: seconds * 1000, troubleMs: undefined, phase }).figures
  }
  expect([at(299, 60, 0.25), at(300, 60, 0.25)]).toEqual([false, true])
  expect([at(1499, 360, 0.25), at(1500, 360, 0.25)]).toEqual([false, true])
  // One that came between them leaves it where it is.
  expect([at(1499, 1000, 0.25), at(1500, 1000, 0.25)]).toEqual([false, true])
  expect([at(1209, 60, 0.008), at(1210, 60, 0.008)]).toEqual([false, true])
})
