import { describe, expect, test } from 'vitest'
import type { Container, Sandbox } from '#cri'
import { findingOf, fixture, handClock, heldMemory, startFixture } from '#monitor-kit/testing'
import { recordedHost } from '../../../../../libs/monitor-kit/testing/recorded-host.ts'
import { surroundings } from '../../../../../libs/monitor-kit/testing/surroundings.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { sharedOver } from '../../testing-shared.ts'
import type { Ways } from '../../ways.ts'
import { runtime } from './check.ts'
import { schema } from './config.ts'
import { evaluateRuntime, FIRST_RUNTIME, type RuntimeMemory } from './evaluate.ts'
import type { Asked, RuntimeReading } from './source.ts'

const DEFAULTS = schema.parse({})
const SOCKET = { name: 'containerd', path: '/run/containerd/containerd.sock', place: '/run/containerd/containerd.sock' }
const VERSION = { name: 'containerd', version: '1.7.24', apiVersion: 'v1' }

function asked<Answer>(call: string, answer: Answer, ms = 1, lateMs = 0): Asked<Answer> {
  return { call, came: { ok: true, answer }, sample: { ms, lateMs } }
}

function listening(answers: Partial<RuntimeReading['answers']> = {}): RuntimeReading {
  return {
    isNode: true,
    found: { kind: 'listening', ...SOCKET, others: [] },
    kubelets: '',
    doubt: '',
    answers: {
      version: asked('Version', VERSION),
      status: asked(
        'Status',
        ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, isTrue: true, reason: '', message: '' })),
      ),
      sandboxes: asked<readonly Sandbox[]>('ListPodSandbox', []),
      containers: asked<readonly Container[]>('ListContainers', []),
      ...answers,
    },
    unit: undefined,
  }
}

function hung(sample: { ms: number; lateMs: number }): RuntimeReading {
  const failure = { kind: 'timeout', message: 'no answer to Version', code: 'DEADLINE_EXCEEDED' } as const
  const reading = listening()
  return { ...reading, answers: { version: { call: 'Version', came: { ok: false, failure }, sample } } }
}

/** Looks, one after another, and what the last one says. */
function afterLooks(readings: readonly RuntimeReading[], first: RuntimeMemory = FIRST_RUNTIME) {
  let memory = first
  let verdict = evaluateRuntime(listening(), DEFAULTS, memory, 0)
  for (const [index, reading] of readings.entries()) {
    verdict = evaluateRuntime(reading, DEFAULTS, memory, index * 30_000)
    memory = verdict.memory
  }
  return verdict
}

const gone: RuntimeReading = {
  isNode: true,
  found: { kind: 'none', message: 'no socket' },
  kubelets: '',
  doubt: '',
  answers: undefined,
  unit: undefined,
}
const unitLook = (loadState: string, activeState: string) =>
  ({
    kind: 'known',
    unit: {
      ...{ name: 'containerd.service', loadState, activeState, subState: 'dead', activeEnteredAt: undefined },
      ...{ fileState: '', service: undefined },
    },
  }) as const

test('a runtime that begins to be amiss is told to the check of the kubelet, once', async () => {
  const kept: { ways?: Ways } = {}
  await using check = await startFixture(runtime, {
    folder: fixture(import.meta.url, 'sick-slow'),
    config: DEFAULTS,
    sharedOver(root, clock) {
      kept.ways = sharedOver(root, clock)
      return kept.ways
    },
  })
  await check.run()
  const first = kept.ways?.told.troubleMs
  expect(first).toBe(check.clock.monotonicMs())
  await check.run()
  expect(kept.ways?.told.troubleMs).toBe(first)
})

test('a runtime that cannot count its images alone is a warning about that', () => {
  const failure = { kind: 'error', message: 'ImageFsInfo failed: 12: not implemented', code: '12' } as const
  const imageFs = { call: 'ImageFsInfo', came: { ok: false, failure }, sample: { ms: 1, lateMs: 0 } } as const
  const fails = listening({ imageFs })
  expect(findingOf(afterLooks([fails, fails]), 'ContainerRuntimeUnhealthy')).toMatchObject({
    ...{ health: 'problem', severity: 'warning', reason: 'ImagesNotCounted' },
  })
  const lists = listening({ sandboxes: { ...imageFs, call: 'ListPodSandbox' } })
  expect(findingOf(afterLooks([lists, lists]), 'ContainerRuntimeUnhealthy')).toMatchObject({ severity: 'critical' })
})

describe('a prober that is late', () => {
  test('accuses nobody of hanging, and knows nothing after three rounds', () => {
    const late = hung({ ms: 5200, lateMs: 1100 })
    for (const rounds of [1, 2])
      expect(findingOf(afterLooks(Array(rounds).fill(late)), 'ContainerRuntimeUnhealthy')).toMatchObject({
        health: 'healthy',
        pending: true,
        reason: 'ProberLate',
      })
    expect(findingOf(afterLooks([late, late, late]), 'ContainerRuntimeUnhealthy')).toMatchObject({
      health: 'unknown',
      reason: 'ProberLate',
      message: expect.stringContaining('1.1 s: nobody is judged by that'),
    })
    const inTime = hung({ ms: 5200, lateMs: 900 })
    expect(findingOf(afterLooks([inTime, inTime]), 'ContainerRuntimeUnhealthy')).toMatchObject({ health: 'problem' })
  })

  test('does not begin the count of the sick anew, and accuses nobody of being slow', () => {
    const inTime = hung({ ms: 5200, lateMs: 0 })
    const late = hung({ ms: 5200, lateMs: 4000 })
    expect(findingOf(afterLooks([inTime, late, inTime]), 'ContainerRuntimeUnhealthy').health).toBe('problem')
    const slow = (lateMs: number) => listening({ version: asked('Version', VERSION, 1500, lateMs) })
    const looks = (lateMs: number) =>
      findingOf(afterLooks([slow(lateMs), slow(lateMs), slow(lateMs)]), 'ContainerRuntimeSlow')
    expect(looks(0)).toMatchObject({ health: 'problem', message: 'Version took 1500 ms, limit 1000 ms' })
    expect(looks(600)).toMatchObject({ health: 'unknown', reason: 'ProberLate' })
  })
})

describe('a runtime that is not there', () => {
  test('is none on a machine without Kubernetes, and on a node whose units know none either', () => {
    expect(afterLooks([{ ...gone, isNode: false }]).findings).toEqual([])
    expect(afterLooks([gone]).findings).toEqual([])
    expect(afterLooks([{ ...gone, unit: unitLook('not-found', 'inactive') }]).findings).toEqual([])
  })

  test('has stopped where it has answered in this boot, and was taken away where its unit is gone as well', () => {
    expect(findingOf(afterLooks([listening(), gone, gone]), 'ContainerRuntimeUnhealthy')).toMatchObject({
      health: 'problem',
      reason: 'RuntimeStopped',
      message: 'containerd is gone: no socket',
      summary: 'containerd is not running',
    })
    const removed = { ...gone, unit: unitLook('not-found', 'inactive') }
    const { findings, withdrawn } = afterLooks([listening(), removed])
    expect(findings).toEqual([])
    expect(withdrawn.map(({ type }) => type)).toContain('ContainerRuntimeUnhealthy')
  })

  test('has stopped where its unit is there and not active, whoever began to look when', () => {
    const stopped = { ...gone, unit: unitLook('loaded', 'failed') }
    expect(findingOf(afterLooks([stopped, stopped]), 'ContainerRuntimeUnhealthy')).toMatchObject({
      health: 'problem',
      reason: 'RuntimeStopped',
    })
    expect(
      findingOf(afterLooks([{ ...gone, unit: unitLook('loaded', 'active') }]), 'ContainerRuntimeUnhealthy'),
    ).toMatchObject({ health: 'unknown', reason: 'RuntimeNotFound' })
  })
})

describe('a runtime that may not be the one of this node', () => {
  const doubt = 'containerd listens too'
  const conditions = (isTrue: boolean) =>
    ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, isTrue, reason: '', message: '' }))
  const unready = listening({ status: asked('Status', conditions(false)) })

  test('is not accused, and where it is well that is said of it alone', () => {
    const { findings } = afterLooks(Array(3).fill({ ...unready, doubt }))
    for (const type of ['ContainerRuntimeUnhealthy', 'PodNetworkNotReady'])
      expect(findingOf({ findings }, type)).toMatchObject({
        ...{
          health: 'unknown',
          reason: 'RuntimeNotDecided',
          message: expect.stringMatching(/; containerd listens too$/),
        },
      })
    expect(findingOf(afterLooks([{ ...listening(), doubt }]), 'ContainerRuntimeUnhealthy')).toMatchObject({
      ...{ health: 'healthy', message: 'containerd 1.7.24 answers; containerd listens too' },
    })
  })

  test('is one that the kubelet does not ask any more: that it answered before does not count', () => {
    const kubelets = 'unix:///run/crio/crio.sock'
    const moved = { ...gone, kubelets }
    const { memory } = afterLooks([listening()])
    expect(memory.known).toBe('containerd')
    expect(findingOf(afterLooks([moved, moved], memory), 'ContainerRuntimeUnhealthy')).toMatchObject({
      ...{
        health: 'unknown',
        reason: 'RuntimeNotFound',
        message: expect.stringMatching(/^no socket, where the kubelet asks/),
      },
    })
    const stopped = { ...moved, unit: unitLook('loaded', 'inactive') }
    expect(findingOf(afterLooks([stopped, stopped], memory), 'ContainerRuntimeUnhealthy')).toMatchObject({
      ...{ health: 'problem', reason: 'RuntimeStopped' },
    })
  })

  test('serves no CRI: a problem where it is the one that the kubelet asks', () => {
    const failure = { kind: 'no-cri', message: 'it serves no CRI', code: 'UNIMPLEMENTED' } as const
    const version = { call: 'Version', came: { ok: false, failure }, sample: { ms: 1, lateMs: 0 } } as const
    const without = { ...listening(), answers: { version } }
    const kubelets = 'unix:///run/containerd/containerd.sock'
    const health = (reading: RuntimeReading) => findingOf(afterLooks([reading, reading]), 'ContainerRuntimeUnhealthy')
    expect(health(without)).toMatchObject({ health: 'unknown', reason: 'NoCRI' })
    expect(health({ ...without, kubelets })).toMatchObject({ health: 'problem', reason: 'RuntimeNotAnswering' })
  })
})

test('each key changes what is found of some machine', async () => {
  const others = { kind: 'listening', name: 'CRI-O', path: '/x', place: '/x', others: [] } as const
  const names = Object.keys(schema.shape)
  const stuck = { machine: 'sick-stuck', keys: { stuckAfter: '1m' } }
  const without = await keysWithoutEffect(
    { definition: runtime, schema, url: import.meta.url, names },
    {
      runtimeType: { machine: 'well-containerd', other: { runtimeType: 'containerd' }, change: { found: others } },
      criSocket: {
        machine: 'well-containerd',
        other: { criSocket: '/run/x.sock' },
        change: { found: { kind: 'none', message: '' } },
      },
      checkSocketConnectivity: { machine: 'sick-killed', other: { checkSocketConnectivity: false } },
      checkSystemdStatus: { machine: 'sick-denied', other: { checkSystemdStatus: false } },
      checkRuntimeInfo: { machine: 'sick-network', other: { checkRuntimeInfo: false } },
      checkPods: { machine: 'sick-stuck', other: { checkPods: false } },
      failureThreshold: { machine: 'sick-killed', other: { failureThreshold: 9 } },
      callTimeout: {
        machine: 'well-containerd',
        other: { callTimeout: '100ms' },
        change: { tookMs: { version: 200 } },
      },
      slowWarningMs: { machine: 'sick-slow', other: { slowWarningMs: 1300 } },
      slowCriticalMs: { machine: 'sick-slow', other: { slowCriticalMs: 1100 } },
      sustainedSlowChecks: { machine: 'sick-slow', other: { sustainedSlowChecks: 9 } },
      stuckAfter: { machine: 'sick-stuck', other: { stuckAfter: '1m' } },
      stuckWarningPods: { ...stuck, other: { stuckWarningPods: 3 } },
      stuckCriticalPods: { ...stuck, other: { stuckCriticalPods: 2 } },
    },
  )
  expect(without).toEqual([])
})

test('a look for which this process was late itself is no trouble on which the kubelet leans', async () => {
  const clock = handClock()
  const root = fixture(import.meta.url, 'well-containerd')
  const host = recordedHost(root)
  const ways = sharedOver(root, clock)
  let sample = { ms: 2500, lateMs: 2400 }
  const around = surroundings({
    clock,
    host,
    shared: ways,
    memory: heldMemory(),
    stopwatch: { start: () => () => sample },
  })
  const context = { ...around, config: schema.parse({}), shared: ways }
  const run = runtime.create(context)
  const look = () => run({ ...context, signal: new AbortController().signal })
  expect(findingOf(await look(), 'ContainerRuntimeSlow')).toMatchObject({ pending: true, reason: 'ProberLate' })
  expect(ways.told.troubleMs).toBeUndefined()
  sample = { ms: 2500, lateMs: 0 }
  expect(findingOf(await look(), 'ContainerRuntimeSlow')).toMatchObject({ pending: true, reason: 'NotSustainedYet' })
  expect(ways.told.troubleMs).toBe(clock.monotonicMs())
  // 2.5 s is over the warning limit alone, and not why of a kubelet that takes ten times as long.
  expect(ways.told).toMatchObject({ runtime: { amissMs: clock.monotonicMs(), graveMs: undefined } })
  sample = { ms: 3000, lateMs: 0 }
  await look()
  expect(ways.told.runtime).toMatchObject({ graveMs: clock.monotonicMs(), downMs: undefined })
})
