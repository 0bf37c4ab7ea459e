import { describe, expect, test } from 'vitest'
import type { UnitLook } from '#host'
import { findingOf } from '#monitor-kit/testing'
import { createTold, type RuntimeAmiss } from '../../node-kubelet/told.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { kubelet } from './check.ts'
import { schema } from './config.ts'
import { evaluateKubelet, FIRST_KUBELET, type KubeletMemory } from './evaluate.ts'
import { seeKubelet } from './health.ts'
import { factsOf, recallKubelet } from './memory.ts'
import type { KubeletReading } from './reading.ts'

const DEFAULTS = schema.parse({})
const NOTHING = {
  ...{
    unit: undefined,
    figures: undefined,
    isKnown: undefined,
    asksWhose: false,
    isServed: undefined,
    isWaiting: false,
  },
  configuration: undefined,
}
const looked = { figures: false, file: false }
const refused = { kind: 'refused', code: 'ECONNREFUSED', message: 'connection refused at 127.0.0.1:10248' } as const

function reading(more: Partial<KubeletReading>): KubeletReading {
  return { network: { kind: 'same' }, hasFolder: true, healthz: undefined, looked, ...NOTHING, ...more }
}

function silent(kind: 'refused' | 'timeout', sample = { ms: 1, lateMs: 0 }): KubeletReading['healthz'] {
  const failure = { ...refused, kind, message: kind === 'refused' ? refused.message : 'no answer' }
  return { ok: false, sample, failure }
}

function unit(loadState: string, activeState: string): UnitLook {
  const state = { name: 'kubelet.service', loadState, activeState, subState: 'dead', activeEnteredAt: undefined }
  return { kind: 'known', unit: { ...state, fileState: '', service: undefined } }
}

const k3s: UnitLook = { ...unit('loaded', 'inactive') }
if (k3s.kind === 'known') Object.assign(k3s, { unit: { ...k3s.unit, name: 'k3s.service' } })

function says(text: string): KubeletReading['healthz'] {
  const answer = { status: 500, headers: {}, body: Buffer.from(text), isCut: false }
  return { ok: true, sample: { ms: 1, lateMs: 0 }, answer: answer as never }
}

const ALONE = { runtime: createTold().runtime, nowMs: 0 }

function looks(readings: readonly KubeletReading[]) {
  let memory: KubeletMemory = FIRST_KUBELET
  return readings.map((one, index) => {
    const verdict = evaluateKubelet(one, DEFAULTS, memory, {
      ...{
        nowMs: index * 30_000,
        wallMs: index * 30_000,
        now: new Date(index * 30_000),
        intervalMs: 30_000,
        told: createTold(),
      },
    })
    memory = verdict.memory
    return verdict
  })
}

describe('a kubelet that does not answer', () => {
  test('is not accused by a prober that is late itself', () => {
    const late = reading({ healthz: silent('timeout', { ms: 5100, lateMs: 1001 }) })
    const said = looks([late, late, late]).map((verdict) => findingOf(verdict, 'KubeletUnhealthy'))
    expect(said.map(({ health, reason }) => [health, reason])).toEqual([
      ['healthy', 'ProberLate'],
      ['healthy', 'ProberLate'],
      ['unknown', 'ProberLate'],
    ])
    const inTime = reading({ healthz: silent('timeout', { ms: 5100, lateMs: 999 }) })
    expect(findingOf(looks([inTime, inTime])[1]!, 'KubeletUnhealthy').health).toBe('problem')
  })

  test.each<[string, Partial<KubeletReading>, boolean, string | undefined]>([
    ['no folder, no unit', { hasFolder: false, unit: unit('not-found', 'inactive') }, false, undefined],
    ['no folder, and systemd is not to be asked', { hasFolder: false }, false, undefined],
    ['a folder that was left, no unit', { unit: unit('not-found', 'inactive') }, false, undefined],
    ['a folder, and systemd is not to be asked', {}, false, 'ConnectionRefused'],
    ['a unit that has stopped', { unit: unit('loaded', 'failed') }, false, 'ConnectionRefused'],
    ['a unit that runs', { unit: unit('loaded', 'active') }, false, 'HealthzNotServed'],
    ['a unit that runs, and it has answered before', { unit: unit('loaded', 'active') }, true, 'ConnectionRefused'],
    [
      'nothing, and it has answered before',
      { hasFolder: false, unit: unit('not-found', 'inactive') },
      true,
      'ConnectionRefused',
    ],
  ])('is judged by what is there: %s', (_, more, hasAnswered, reason) => {
    const seen = seeKubelet(reading({ healthz: silent('refused'), ...more }), hasAnswered, DEFAULTS, ALONE)
    expect(seen && 'reason' in seen ? seen.reason : undefined).toBe(reason)
  })

  test.each<[string, Partial<KubeletReading>, Partial<RuntimeAmiss>, string]>([
    ['its loop waits', { healthz: says('[+]ping ok\n[-]syncloop failed: x\n') }, { graveMs: 0 }, 'RuntimeWasAmiss'],
    [
      'its loop waits, long after',
      { healthz: says('[-]syncloop failed: x\n') },
      { graveMs: -130_000 },
      'HealthzFailed',
    ],
    ['its log fails', { healthz: says('[-]log failed: x\n[-]syncloop failed: x\n') }, { graveMs: 0 }, 'HealthzFailed'],
    ['it is started again and again', { unit: unit('loaded', 'activating') }, { downMs: 0 }, 'RuntimeWasAmiss'],
    [
      'it is that, and the runtime is slow',
      { unit: unit('loaded', 'activating') },
      { graveMs: 0 },
      'ConnectionRefused',
    ],
    ['it ends with the runtime', { unit: k3s }, { downMs: 0 }, 'RuntimeWasAmiss'],
    ['it was stopped', { unit: unit('loaded', 'inactive') }, { graveMs: 0, downMs: 0 }, 'ConnectionRefused'],
    ['it hangs', { healthz: silent('timeout') }, { graveMs: 0, downMs: 0 }, 'KubeletHangs'],
  ])('beside a runtime that is not well is that one’s as far as it is: %s', (_, more, amiss, reason) => {
    const runtime = { ...createTold().runtime, ...amiss }
    const seen = seeKubelet(reading({ healthz: silent('refused'), ...more }), true, DEFAULTS, { runtime, nowMs: 0 })
    expect(seen).toMatchObject({ kind: reason === 'RuntimeWasAmiss' ? 'unknown' : 'sick', reason })
  })

  test('has words that say where, what that means, and how its unit is', () => {
    const seen = seeKubelet(
      reading({ healthz: silent('refused'), unit: unit('loaded', 'inactive') }),
      true,
      DEFAULTS,
      ALONE,
    )
    expect(seen?.message).toBe(
      'connection refused at 127.0.0.1:10248: the kubelet is not listening; kubelet.service is inactive (dead)',
    )
  })

  test('in another network than this is not known', () => {
    const [verdict] = looks([reading({ network: { kind: 'other' } })])
    expect(verdict?.findings.map(({ health, reason }) => `${health} ${reason}`)).toEqual(
      Array(4).fill('unknown NotHostNetwork'),
    )
    expect(looks([reading({ network: { kind: 'other' }, hasFolder: false })])[0]?.findings).toEqual([])
  })
})

test('what is remembered comes back, and nothing of what makes no sense', () => {
  const memory = {
    ...FIRST_KUBELET,
    hasAnswered: true,
    isTaken: true,
    run: { pid: 1, unitMs: 2, restarts: 3, seconds: 4, startedMs: 5 },
  }
  expect(recallKubelet(JSON.parse(JSON.stringify(factsOf(memory))))).toEqual(memory)
  for (const facts of [
    undefined,
    null,
    1,
    'x',
    [],
    { run: { pid: 'x' } },
    { hasAnswered: 1, run: null },
    { isTaken: true },
  ])
    expect(recallKubelet(facts)).toEqual(FIRST_KUBELET)
})

test('each key changes what is found of some machine', { timeout: 60_000 }, async () => {
  const names = Object.keys(schema.shape)
  const url = 'http://127.0.0.1:10249/healthz'
  const operations = { machine: 'sick-operations', looks: 3 }
  const slow = { machine: 'sick-slow', looks: 3 }
  const late = { status: 200, body: 'ok', sample: { ms: 1, lateMs: 0 } }
  const timeout = { kind: 'timeout', code: '', message: 'no answer' } as const
  const without = await keysWithoutEffect(
    { definition: kubelet, schema, url: import.meta.url, names },
    {
      healthzURL: {
        machine: 'well-kubeadm',
        other: { healthzURL: url },
        change: { http: { [url]: { ...late, status: 503 } } },
        keys: { healthzURL: 'http://127.0.0.1:10250/healthz' },
      },
      metricsURL: { machine: 'well-kubeadm', looks: 2, other: { metricsURL: 'https://127.0.0.1:10255/metrics' } },
      checkSystemdStatus: {
        machine: 'sick-crashing',
        other: { checkSystemdStatus: false },
        change: { units: { 'kubelet.service': unit('loaded', 'active') } },
      },
      checkPLEG: { ...slow, other: { checkPLEG: false } },
      plegThreshold: { ...slow, other: { plegThreshold: '8s' } },
      plegCriticalThreshold: { ...slow, other: { plegCriticalThreshold: '6s' } },
      operationThreshold: { ...operations, other: { operationThreshold: '14s' } },
      operationCriticalThreshold: { ...operations, other: { operationCriticalThreshold: '12s' } },
      checkCutOff: { machine: 'sick-cut-off', other: { checkCutOff: false } },
      cutOffAfter: { machine: 'sick-cut-off', other: { cutOffAfter: '1h' } },
      checkConfig: { machine: 'sick-drift', other: { checkConfig: false } },
      metricsInterval: { machine: 'well-kubeadm', looks: 4, other: { metricsInterval: '10s' } },
      failureThreshold: { machine: 'sick-stopped', other: { failureThreshold: 9 } },
      httpTimeout: {
        machine: 'sick-hangs',
        other: { httpTimeout: '10s' },
        change: {
          http: { 'http://127.0.0.1:10248/healthz': { failure: timeout, sample: { ms: 9000, lateMs: 1500 } } },
        },
      },
      auth: { machine: 'well-kubeadm', other: { auth: { type: 'none' } } },
    },
  )
  expect(without).toEqual([])
})
