import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { observed, unobserved } from '#monitor-kit/evaluate'
import type { Card } from '../../cards/card.ts'
import type { GpuRow } from '../../smi/rows.ts'
import type { SmiValue } from '../../smi/values.ts'
import type { Config } from './config.ts'
import { evaluateFabric } from './evaluate.ts'
import type { FabricReading } from './judge/look.ts'
import { clearFabric, type FabricMemory, FIRST_FABRIC, factsOf, recallFabric } from './memory.ts'

const CONFIG: Config = { modes: {}, fabricGraceMinutes: 5, linkErrorsPerMinute: 10, replaysPerMinute: 8 }
const HOUR_MS = 3_600_000
const LOOK_MS = 300_000

const text = (word: string): SmiValue => ({ kind: 'text', text: word })

function row(index: number, values: Readonly<Record<string, string>> = {}): GpuRow {
  const read = Object.entries(values).map(([key, word]): [string, SmiValue] => [key, text(word)])
  const place = `0000:8${index}:00`
  return { place, uuid: `GPU-${index}`, index, name: 'H200', asksForReset: false, values: new Map(read) }
}

function reading(parts: Partial<FabricReading> = {}): FabricReading {
  const none = observed(undefined)
  const unasked = { details: undefined, links: undefined, linkErrors: undefined, reach: undefined }
  return {
    rows: [row(0), row(1)],
    ...unasked,
    corrected: new Map(),
    switches: 0,
    fabricManager: none,
    imex: none,
    ...parts,
  }
}

const cardOf = (place: string): Card => ({ place, uuid: `GPU-${place[6]}`, index: Number(place[6]), name: 'H200' })

/** Looks one after another, five minutes apart, an hour after the boot. */
function looks(readings: readonly FabricReading[], config = CONFIG, beginMs = HOUR_MS) {
  let memory: FabricMemory = FIRST_FABRIC
  return readings.map((one, at) => {
    const verdict = evaluateFabric(one, { config, nowMs: beginMs + at * LOOK_MS, cardOf }, memory)
    memory = verdict.memory
    const of = (type: string, entity = 'gpu:GPU-0') =>
      verdict.findings.find((finding) => finding.type === type && (finding.entity ?? '') === entity)
    return { of, memory, findings: verdict.findings }
  })
}

const up = (...links: readonly number[]) => ({
  active: links,
  inactive: [0, 1, 2, 3].filter((one) => !links.includes(one)),
})

describe('NVLinks', () => {
  test('with bridges each GPU is held against itself, and never against one that has other bridges', () => {
    const links = new Map([['GPU-0', up(0, 1)]])
    const [first, , third] = looks([
      reading({ links }),
      reading({ links: new Map([['GPU-0', up(0)]]) }),
      reading({ links: new Map([['GPU-0', up(0)]]) }),
    ])
    expect(first?.of('GPUNVLinkDown')).toMatchObject({ health: 'healthy' })
    expect(first?.of('GPUNVLinkDown', 'gpu:GPU-1')).toBeUndefined()
    expect(third?.of('GPUNVLinkDown')).toMatchObject({
      health: 'problem',
      severity: 'critical',
      action: 'reset-device',
      subject: 'GPU 0, H200',
      message: '1 of 4 NVLinks are up (down: 1, 2, 3); there were 2 in this boot',
    })
  })

  test('where there are switches a GPU without any link is down', () => {
    const links = new Map([
      ['GPU-0', { active: [], inactive: [] }],
      ['GPU-1', up(0, 1, 2, 3)],
    ])
    const [, second] = looks([reading({ links, switches: 4 }), reading({ links, switches: 4 })])
    expect(second?.of('GPUNVLinkDown')?.message).toBe('0 of 4 NVLinks are up; its peers have 4')
  })

  test('an answer that says nothing of a GPU’s links makes none of them down', () => {
    const both = new Map([
      ['GPU-0', up(0, 1, 2, 3)],
      ['GPU-1', up(0, 1, 2, 3)],
    ])
    const one = new Map([['GPU-1', up(0, 1, 2, 3)]])
    const all = [both, new Map<string, never>(), new Map<string, never>(), one, one]
    const said = looks(all.map((links) => reading({ links, switches: 4 })))
    expect(said.flatMap(({ findings }) => findings.filter(({ health }) => health === 'problem'))).toEqual([])
    expect(said.at(-1)?.of('GPUNVLinkDown')).toMatchObject({
      health: 'unknown',
      reason: 'LinksNotSaid',
      message: 'nvidia-smi nvlink -s says nothing of its links that is understood',
    })
    expect(said.at(-1)?.of('GPUNVLinkDown', 'gpu:GPU-1')).toMatchObject({ health: 'healthy' })
  })

  test('of a GPU in MIG mode nothing is said, whatever it had and its peers have', () => {
    const mig = row(0, { 'mig.mode.current': 'Enabled' })
    const reach = [
      { from: 0, to: 1, word: 'NS' },
      { from: 1, to: 0, word: 'NS' },
    ]
    const links = new Map([['GPU-1', up(0, 1, 2, 3)]])
    const before = reading({ links: new Map([['GPU-0', up(0, 1, 2, 3)], ...links]), switches: 4 })
    const now = reading({ rows: [mig, row(1)], links, reach, switches: 4 })
    const third = looks([before, now, now])[2]
    expect(third?.findings.filter(({ health }) => health === 'problem')).toEqual([])
    expect(third?.of('GPUNVLinkDown')).toBeUndefined()
    expect(third?.of('GPUNVLinkDown', 'gpu:GPU-1')).toMatchObject({ health: 'healthy', message: '4 NVLinks are up' })
  })

  test('after a person’s word the links that are up now are all that are expected', () => {
    const [, second] = looks([
      reading({ links: new Map([['GPU-0', up(0, 1)]]) }),
      reading({ links: new Map([['GPU-0', up(0)]]) }),
    ])
    const memory = clearFabric(second?.memory ?? FIRST_FABRIC, { type: 'GPUNVLinkDown', entity: 'gpu:GPU-0' })
    const around = { config: CONFIG, nowMs: HOUR_MS, cardOf }
    const verdict = evaluateFabric(reading({ links: new Map([['GPU-0', up(0)]]) }), around, memory)
    expect(verdict.findings.find(({ type }) => type === 'GPUNVLinkDown')).toMatchObject({ health: 'healthy' })
  })

  test('a question that had no answer proves nothing, and clears nothing', () => {
    const links = new Map([['GPU-0', up(0, 1)]])
    const down = new Map([['GPU-0', up()]])
    const all = looks([reading({ links }), reading({ links: down }), reading({ links: down }), reading()])
    expect(all[2]?.of('GPUNVLinkDown')?.health).toBe('problem')
    expect(all[3]?.of('GPUNVLinkDown')).toMatchObject({ pending: true, reason: 'NotSaidNow' })
  })

  test('counters that went back, as after a reset, are a first reading', () => {
    const errors = (crc: number) => reading({ linkErrors: new Map([['GPU-0', { crc, replay: 0, recovery: 0 }]]) })
    const all = looks([errors(9000), errors(10), errors(20), errors(30)])
    expect(all.map(({ of }) => of('GPUNVLinkDown')?.health)).toEqual([undefined, undefined, 'healthy', 'healthy'])
  })
})

describe('the fabric', () => {
  const joining = reading({
    rows: [
      row(0, { 'fabric.state': 'In Progress', 'fabric.status': 'N/A' }),
      row(1, { 'fabric.state': 'Completed', 'fabric.status': 'Success' }),
    ],
  })

  test('has five minutes after a boot to be joined', () => {
    const [first] = looks([joining], CONFIG, 60_000)
    expect(first?.of('GPUFabricFailed', '')).toMatchObject({ health: 'healthy' })
    const [, later] = looks([joining, joining])
    expect(later?.of('GPUFabricFailed', '')).toMatchObject({
      health: 'problem',
      severity: 'critical',
      action: 'restart-service',
      message: 'not in the fabric: GPU 0, H200: In Progress, N/A',
    })
    expect(later?.of('GPUHealthy', '')).toMatchObject({ health: 'problem', reason: 'GPUFabricFailed' })
  })

  const joined = [0, 1].map((index) => row(index, { 'fabric.state': 'Completed', 'fabric.status': 'Success' }))
  const manager = (state: 'stopped' | 'failed', hasRun: boolean) => observed({ state, hasRun })

  test.each(['stopped', 'failed'] as const)(
    'that all GPUs have joined has another manager than the unit of this host, which %s and never ran in this boot',
    (state) => {
      const here = reading({ rows: joined, switches: 4, fabricManager: manager(state, false) })
      expect(looks([here, here])[1]?.of('GPUFabricFailed', '')).toMatchObject({
        health: 'healthy',
        message:
          '2 GPUs have joined the fabric, nvidia-fabricmanager does not run here, and all GPUs have joined the fabric: another one runs',
      })
    },
  )

  test('whose manager ran in this boot and does not any more is ill, until a person says that another one runs', () => {
    const gone = reading({ rows: joined, switches: 4, fabricManager: manager('stopped', true) })
    const runs = reading({ rows: joined, switches: 4, fabricManager: observed({ state: 'running', hasRun: true }) })
    const [, ill] = looks([gone, gone])
    expect(ill?.of('GPUFabricFailed', '')).toMatchObject({ health: 'problem', severity: 'critical' })
    const word = { type: 'GPUFabricFailed', entity: '' }
    const accepted = recallFabric(factsOf(clearFabric(ill?.memory ?? FIRST_FABRIC, word)))
    const around = { config: CONFIG, nowMs: 2 * HOUR_MS, cardOf }
    const after = [gone, gone, runs, gone, gone].reduce<{ memory: FabricMemory; said: (string | undefined)[] }>(
      ({ memory, said }, one) => {
        const verdict = evaluateFabric(one, around, memory)
        const found = verdict.findings.find(({ type }) => type === 'GPUFabricFailed')
        return { memory: verdict.memory, said: [...said, found?.health] }
      },
      { memory: accepted, said: [] },
    )
    expect(after.said).toEqual(['healthy', 'healthy', 'healthy', 'healthy', 'problem'])
  })

  test('that not all have joined, or of which nobody says that they have, needs its manager', () => {
    const asked = (rows: FabricReading['rows']) =>
      reading({ rows, switches: 4, fabricManager: manager('stopped', false) })
    for (const rows of [
      [row(0), row(1)],
      [joined[0] ?? row(0), row(1)],
    ])
      expect(looks([asked(rows), asked(rows)])[1]?.of('GPUFabricFailed', '')).toMatchObject({ health: 'problem' })
  })

  test('a service that failed and was switched off where nobody needs it is no fault any more', () => {
    const failed = reading({ imex: manager('failed', false) })
    const off = reading({ imex: manager('stopped', false) })
    const found = looks([failed, failed, off, off]).map(({ of }) => of('GPUFabricFailed', ''))
    expect(found.map((one) => one?.health)).toEqual(['healthy', 'problem', 'healthy', undefined])
    expect(found[2]).toMatchObject({ message: 'nvidia-imex is not in use' })
    expect(found[2]?.pending).toBeUndefined()
  })

  test('that there is none of needs no manager, though its unit fails', () => {
    const failed = reading({ fabricManager: manager('failed', false) })
    expect(looks([failed, failed])[1]?.of('GPUFabricFailed', '')).toBeUndefined()
  })

  test('that its manager cannot be asked is no fault, nor that there is none without switches', () => {
    const unseen = reading({ switches: 4, fabricManager: unobserved('UnitNotSeen', 'no bus') })
    expect(looks([unseen, unseen])[1]?.of('GPUFabricFailed', '')).toBeUndefined()
    const stopped = reading({ fabricManager: manager('stopped', true) })
    expect(looks([stopped, stopped])[1]?.of('GPUFabricFailed', '')).toBeUndefined()
  })

  test('what is only observed leaves the node’s GPUs healthy', () => {
    const config: Config = { ...CONFIG, modes: { 'fabric-state': 'observe' } }
    const [, second] = looks([joining, joining], config)
    expect(second?.of('GPUFabricFailed', '')).toMatchObject({ health: 'problem', observeOnly: true })
    expect(second?.of('GPUHealthy', '')).toMatchObject({ health: 'healthy' })
  })
})

test('nothing is well that was not seen', () => {
  expect(looks([reading({ rows: [] })])[0]?.findings).toEqual([
    { type: 'GPUHealthy', health: 'unknown', reason: 'NoGPUs', message: 'nvidia-smi shows no GPU' },
  ])
})

test('what is kept comes back as it was, and no file makes it throw', () => {
  const links = new Map([['GPU-0', up(0, 1)]])
  const [first] = looks([reading({ links })])
  const memory = first?.memory ?? FIRST_FABRIC
  expect(recallFabric(JSON.parse(JSON.stringify(factsOf(memory)))).gpus.get('GPU-0')?.linksUp).toBe(2)
  fc.assert(fc.property(fc.jsonValue(), (facts) => void factsOf(recallFabric(facts))))
})
