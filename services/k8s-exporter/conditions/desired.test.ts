import { describe, expect, it } from 'vitest'
import { INITIAL_CHECK, type NodeCondition } from '#model'
import { someMonitor } from '../../../libs/view/testing.ts'
import { createOrigins } from '../state/origins.ts'
import { desiredConditions, silentConditions } from './desired.ts'
import { createNaming } from './naming.ts'
import { NOT_KNOWN, WATCHED } from './rank.ts'
import { createTracker } from './tracker.ts'

const discovered = { prefix: 'Plugin', types: ['GPUHealthy'] }
const origins = createOrigins()
origins.learn([someMonitor({ name: 'system', origin: 'built-in' }), someMonitor({ name: 'gpu', origin: 'discovered' })])
const wishing = {
  naming: createNaming({ prefix: '', types: {}, discovered }),
  origins,
  tracker: createTracker(),
}
const at = (minute: number) => new Date(Date.UTC(2026, 4, 12, 3, minute))

function condition(changes: Partial<NodeCondition>): NodeCondition {
  return {
    type: 'DiskFull',
    entity: '',
    status: 'False',
    health: 'healthy',
    severity: 'info',
    reason: 'BelowLimit',
    message: '20 % used',
    summary: '',
    since: at(0),
    statusSince: at(0),
    observed: at(30),
    sources: ['system'],
    check: 'disk',
    polarity: 'true-is-problem',
    label: '',
    recovery: '',
    held: '',
    ...changes,
  }
}

function bad(entity: string, minute: number, changes: Partial<NodeCondition> = {}): NodeCondition {
  return condition({
    entity,
    status: 'True',
    health: 'problem',
    severity: 'warning',
    reason: 'AboveLimit',
    message: '96 % used',
    statusSince: at(minute),
    since: at(minute),
    ...changes,
  })
}

const one = (...conditions: NodeCondition[]) => desiredConditions(conditions, wishing).get(conditions[0]?.type ?? '')

describe('the wished condition of a type', () => {
  it('says where nothing of it counts for the node as a whole', () => {
    const all = desiredConditions(
      [condition({ type: 'Fan', check: INITIAL_CHECK }), condition({}), condition({ type: 'Fan', entity: 'fan:1' })],
      wishing,
    )
    expect([...all.values()].map(({ uncounted }) => uncounted)).toEqual([undefined, undefined])
    expect(one(condition({ type: 'Fan', check: INITIAL_CHECK }))?.uncounted).toBe(true)
  })

  it('names things as people call them, and what is to be done about each', () => {
    const gpu = (entity: string, changes: Partial<NodeCondition>) => bad(entity, 1, { type: 'GPUXidError', ...changes })
    const sick = { subject: 'GPU 3, H200', message: 'XID 79', action: 'reboot-node' } as const
    expect(one(gpu('gpu:GPU-3f7a', sick))?.message).toBe('GPU 3, H200: XID 79, to do: reboot the node')
    expect(one(gpu('gpu:GPU-3f7a', sick), gpu('gpu:GPU-9c', { message: 'XID 48' }))?.message).toBe(
      'GPU 3, H200: XID 79, to do: reboot the node; GPU-9c: XID 48',
    )
    const file = bad('file:/etc/x.json', 1, { message: '/etc/x.json:23:15: no such key' })
    expect(one(file)?.message).toBe('/etc/x.json:23:15: no such key')
    expect(one(bad('disk:/var', 1, { message: '/var/lib is full' }))?.message).toBe('/var: /var/lib is full')
    const well = (entity: string, subject?: string) => condition({ type: 'GPUXidError', entity, subject })
    expect(one(well('gpu:a', 'GPU 0, H200'), well('gpu:b'))?.message).toBe('2 are well: GPU 0, H200, b')
  })

  const ill = { type: 'GPUXidError', message: 'XID 79', action: 'reboot-node', recovery: 'a reboot' } as const

  it('says what proves it gone where there is something to do, once for all that it is about', () => {
    const gone = bad('gpu:a', 1, { ...ill, subject: 'GPU 3, H200' })
    expect(one(gone)?.message).toBe('GPU 3, H200: XID 79, to do: reboot the node; gone when: a reboot')
    expect(one(gone, bad('gpu:b', 1, ill), condition({ type: 'GPUXidError', entity: 'gpu:c' }))?.message).toBe(
      'GPU 3, H200: XID 79, to do: reboot the node; b: XID 79, to do: reboot the node; 1 other is well; gone when: a reboot',
    )
    expect(one(bad('gpu:a', 1, { ...ill, action: undefined }))?.message).toBe('a: XID 79')
    expect(one(bad('gpu:a', 1, { ...ill, recovery: '' }))?.message).toBe('a: XID 79, to do: reboot the node')
    expect(one(bad('gpu:a', 1, { ...ill, health: 'unknown' }))?.message).not.toContain('gone when')
  })

  it('says of each what proves it gone where that is not the same for all', () => {
    expect(one(bad('gpu:a', 1, ill), bad('gpu:b', 1, { ...ill, recovery: '2 looks' }))?.message).toBe(
      'a: XID 79, to do: reboot the node, gone when: a reboot; b: XID 79, to do: reboot the node, gone when: 2 looks',
    )
  })

  it('leaves out what proves it gone before it cuts a word of what is wrong and what is to be done', () => {
    const all = (length: number) => one(bad('', 1, { ...ill, message: 'x'.repeat(length) }))?.message ?? ''
    const words = (length: number) => `${'x'.repeat(length)}, to do: reboot the node`
    expect(all(979)).toBe(`${words(979)}; gone when: a reboot`)
    expect(Buffer.byteLength(all(979))).toBe(1024)
    expect(all(980)).toBe(words(980))
  })

  it('of node-problem-detector’s files says nothing of ours', () => {
    const verbatim = new Set(['GPUXidError'])
    const told = desiredConditions([bad('', 1, ill)], { ...wishing, verbatim }).get('GPUXidError')
    expect(told?.message).toBe('XID 79')
  })

  it('of one thing is what its check says, to the letter', () => {
    expect(one(condition({ type: 'KernelDeadlock', message: '50%d "x"', reason: 'KernelHasNoDeadlock' }))).toEqual({
      type: 'KernelDeadlock',
      status: 'False',
      reason: 'KernelHasNoDeadlock',
      message: '50%d "x"',
      since: at(0),
      observed: at(30),
      exact: true,
      rank: 0,
      types: ['KernelDeadlock'],
      plugin: '',
    })
  })

  it('is a problem as soon as one of its entities is, since the first of those', () => {
    const wish = one(condition({ entity: 'disk:/' }), bad('disk:/var', 7), bad('disk:/data', 5))
    expect(wish).toMatchObject({ status: 'True', reason: 'AboveLimit', since: at(5), rank: 4 })
    expect(wish?.message).toBe('/data: 96 % used; /var: 96 % used; 1 other is well')
  })

  it('is well since the last of its entities became well, and names them', () => {
    const wish = one(
      condition({ entity: 'disk:/', statusSince: at(3) }),
      condition({ entity: 'disk:/var', statusSince: at(9) }),
    )
    expect(wish).toMatchObject({ status: 'False', since: at(9), message: '2 are well: /, /var' })
  })

  it('speaks with the words of the worst', () => {
    const wish = one(
      bad('disk:/a', 1),
      bad('disk:/b', 2, { severity: 'critical', reason: 'Full', message: '100 % used' }),
    )
    expect(wish).toMatchObject({ reason: 'Full', message: '/b: 100 % used; /a: 96 % used' })
  })

  it('is unknown rather than well where something is not known', () => {
    const unknown = condition({
      entity: 'disk:/nfs',
      status: 'Unknown',
      health: 'unknown',
      reason: 'Hung',
      message: 'no answer',
    })
    expect(one(condition({ entity: 'disk:/' }), unknown)).toMatchObject({
      status: 'Unknown',
      reason: 'Hung',
      rank: 2,
    })
  })

  it('is no more than watched where one was looked at for too short a time, and names what is not known first', () => {
    const unknown = { status: 'Unknown', health: 'unknown' } as const
    const watched = condition({ entity: 'disk:/a', ...unknown, held: 'pending', reason: 'BeingWatched' })
    const hung = condition({ entity: 'disk:/b', ...unknown, reason: 'Hung' })
    expect(one(condition({ entity: 'disk:/' }), watched)).toMatchObject({ reason: 'BeingWatched', rank: WATCHED })
    expect(one(watched, hung)).toMatchObject({ reason: 'Hung', rank: NOT_KNOWN })
  })

  it('keeps the polarity of its type', () => {
    const healthy = condition({ type: 'GPUHealthy', polarity: 'true-is-healthy', status: 'True' })
    expect(one(healthy)?.status).toBe('True')
  })

  it('was confirmed when the oldest of its looks was', () => {
    expect(
      one(condition({ entity: 'a:1', observed: at(20) }), condition({ entity: 'a:2', observed: at(10) }))?.observed,
    ).toEqual(at(10))
  })

  it('is not there where the configuration keeps it away from the node', () => {
    const naming = createNaming({ prefix: '', types: { DiskFull: '' }, discovered })
    expect(desiredConditions([condition({})], { ...wishing, naming }).size).toBe(0)
  })

  it('of a plug-in that nobody configured has a prefix, unless it is allowed its own name', () => {
    const said = ['EtcdIsVoter', 'GPUHealthy'].map((type) => condition({ type, sources: ['gpu'] }))
    const wish = desiredConditions(said, wishing)
    expect([...wish.values()].map(({ type, plugin }) => [type, plugin])).toEqual([
      ['PluginEtcdIsVoter', 'gpu'],
      ['GPUHealthy', 'gpu'],
    ])
  })

  it('waits until it is known what its monitor is', () => {
    expect(desiredConditions([condition({ sources: ['unheard'] })], wishing).size).toBe(0)
    expect(desiredConditions([condition({ sources: ['detector'] })], wishing).size).toBe(1)
  })

  it('has at most a kilobyte of words', () => {
    const many = Array.from({ length: 100 }, (_, i) => bad(`disk:/data/volume-${i}`, i % 60))
    expect(Buffer.byteLength(one(...many)?.message ?? '')).toBeLessThanOrEqual(1024)
  })
})

describe('what stands on the node while the detector is silent', () => {
  it('is unknown, all of it, also what this exporter never heard of', () => {
    const known = desiredConditions([bad('', 5)], wishing)
    const silent = silentConditions(known, ['DiskFull', 'SwapHigh'], { lastHeard: at(30), since: at(31) })
    expect([...silent.values()].map(({ type, status, reason, since }) => [type, status, reason, since])).toEqual([
      ['DiskFull', 'Unknown', 'DetectorUnreachable', at(31)],
      ['SwapHigh', 'Unknown', 'DetectorUnreachable', at(31)],
    ])
    expect(silent.get('DiskFull')?.message).toBe('the detector was heard last at 2026-05-12T03:30:00Z')
  })
})
