import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubeCondition, KubeNode } from '#kube'
import { KUBELET_CONDITIONS } from '#model'
import { kubeTime } from '../text.ts'
import type { Desired } from './desired.ts'
import { type PlanInput, planPatch } from './plan.ts'

const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 4, 12, 3, minute, second))

function wish(type: string, changes: Partial<Desired> = {}): Desired {
  return {
    type,
    status: 'False',
    reason: 'Fine',
    message: 'all is well',
    since: at(0),
    observed: at(39),
    exact: true,
    rank: 0,
    types: [type],
    plugin: '',
    ...changes,
  }
}

function actual(type: string, changes: Partial<KubeCondition> = {}): KubeCondition {
  return {
    type,
    status: 'False',
    reason: 'Fine',
    message: 'all is well',
    lastHeartbeatTime: kubeTime(at(35)),
    lastTransitionTime: kubeTime(at(0)),
    ...changes,
  }
}

function node(
  conditions: readonly KubeCondition[],
  ours: readonly string[] = conditions.map(({ type }) => type),
): KubeNode {
  return {
    metadata: { name: 'n1', uid: 'u1', annotations: { 'node-doctor.io/conditions': [...ours].sort().join(',') } },
    status: { conditions },
  }
}

function plan(changes: Partial<PlanInput> & Pick<PlanInput, 'node'>, ...wishes: Desired[]) {
  return planPatch({
    desired: new Map(wishes.map((one) => [one.type, one])),
    written: new Set(),
    annotations: {},
    heartbeat: false,
    mayReword: () => false,
    removeOrphans: false,
    withdrawn: new Set(),
    booted: at(-60),
    ...changes,
  })
}

describe('a patch of the node', () => {
  it('is not sent when everything is as it should be', () => {
    expect(plan({ node: node([actual('A')]) }, wish('A')).patch).toBeUndefined()
  })

  it('has what changed and nothing else, with the time of the change', () => {
    const broken = wish('A', { status: 'True', reason: 'Full', since: at(38, 7) })
    const { patch, cause, types } = plan({ node: node([actual('A'), actual('B')]) }, broken, wish('B'))
    expect(cause).toBe('change')
    expect(types).toEqual(['A'])
    expect(patch).toEqual({
      status: {
        conditions: [
          {
            type: 'A',
            status: 'True',
            reason: 'Full',
            message: 'all is well',
            lastHeartbeatTime: '2026-05-12T03:39:00Z',
            lastTransitionTime: '2026-05-12T03:38:07Z',
          },
        ],
      },
    })
  })

  it('writes down what is ours in the same request that makes it so', () => {
    const { patch } = plan({ node: { metadata: { name: 'n1' } } }, wish('B'), wish('A'))
    expect(patch?.metadata?.annotations).toEqual({ 'node-doctor.io/conditions': 'A,B' })
    expect(patch?.status?.conditions).toHaveLength(2)
  })

  it('of several things moves the time of transition only with the status', () => {
    const other = wish('A', { reason: 'StillFine', since: at(20), exact: false })
    const { patch } = plan({ node: node([actual('A')]) }, other)
    expect(patch?.status?.conditions[0]).toMatchObject({ reason: 'StillFine', lastTransitionTime: kubeTime(at(0)) })
  })

  it('moves the time of what several things are well since with a reboot, as page and command line do', () => {
    const booted = at(15)
    const well = wish('A', { since: at(16), exact: false })
    const { patch } = plan({ node: node([actual('A')]), booted }, well)
    expect(patch?.status?.conditions[0]).toMatchObject({ status: 'False', lastTransitionTime: kubeTime(at(16)) })
    const standing = { node: node([actual('A', { lastTransitionTime: kubeTime(at(15)) })]), booted }
    expect(plan(standing, well).patch).toBeUndefined()
  })

  it('keeps the time of a problem of several things over a reboot, which ends none', () => {
    const bad = { status: 'True', reason: 'Full' } as const
    const wished = wish('A', { ...bad, since: at(5), exact: false, rank: 6 })
    expect(plan({ node: node([actual('A', bad)]), booted: at(15) }, wished).patch).toBeUndefined()
  })

  it('of a status that comes back after Unknown says since when it is, as everything else does', () => {
    const unknown = actual('A', { status: 'Unknown', lastTransitionTime: kubeTime(at(30)) })
    const { patch } = plan({ node: node([unknown]) }, wish('A', { since: at(0) }))
    expect(patch?.status?.conditions[0]).toMatchObject({ status: 'False', lastTransitionTime: kubeTime(at(0)) })
  })

  it('moves the time of a status that went and came back between two patches', () => {
    const { patch, cause } = plan({ node: node([actual('A')]) }, wish('A', { since: at(38) }))
    expect(cause).toBe('change')
    expect(patch?.status?.conditions[0]).toMatchObject({ status: 'False', lastTransitionTime: kubeTime(at(38)) })
  })

  it('takes a time that is too late there along with the next one, and costs no request for it', () => {
    const late = actual('A', { lastTransitionTime: kubeTime(at(10)) })
    expect(plan({ node: node([late]) }, wish('A')).patch).toBeUndefined()
    const { patch } = plan({ node: node([late, actual('B')]) }, wish('A'), wish('B', { reason: 'Other' }))
    expect(patch?.status?.conditions[1]).toMatchObject({ type: 'A', lastTransitionTime: kubeTime(at(0)) })
  })

  it('says no look that is older than the change that it saw', () => {
    const broken = wish('A', { status: 'True', since: at(38, 7), observed: at(38, 5) })
    const { patch } = plan({ node: node([actual('A')]) }, broken)
    expect(patch?.status?.conditions[0]).toMatchObject({ lastHeartbeatTime: kubeTime(at(38, 7)) })
    const unseen = wish('A', { status: 'Unknown', since: at(38, 7), observed: at(30) })
    const silent = plan({ node: node([actual('A')]) }, unseen)
    expect(silent.patch?.status?.conditions[0]).toMatchObject({ lastHeartbeatTime: kubeTime(at(30)) })
  })

  it('is not sent for numbers that move in a message', () => {
    const { patch, postponed } = plan({ node: node([actual('A')]) }, wish('A', { message: 'load 0.3' }))
    expect(patch).toBeUndefined()
    expect(postponed).toEqual(['A'])
  })

  it('takes new words along when it is sent anyway', () => {
    const { types } = plan(
      { node: node([actual('A'), actual('B')]) },
      wish('A', { message: 'load 0.3' }),
      wish('B', { status: 'True', reason: 'Full' }),
    )
    expect(types).toEqual(['B', 'A'])
  })

  it('of a heartbeat confirms what was really looked at since, and nothing else', () => {
    const { types, cause } = plan(
      { node: node([actual('A'), actual('B')]), heartbeat: true },
      wish('A', { observed: at(39) }),
      wish('B', { observed: at(35, 0) }),
    )
    expect([cause, types]).toEqual(['heartbeat', ['A']])
  })

  it('leaves alone what another writer wrote, and says so', () => {
    const theirs = actual('A', { status: 'True', lastHeartbeatTime: kubeTime(at(38)) })
    const { patch, foreign } = plan({ node: node([theirs], []) }, wish('A'))
    expect(patch).toBeUndefined()
    expect(foreign).toEqual(['A'])
  })

  it('never takes over what another writer wrote once and for good, however long ago', () => {
    for (const lastHeartbeatTime of [null, '', kubeTime(at(0)), '2020-01-01T00:00:00Z']) {
      const theirs = actual('EtcdIsVoter', { status: 'True', lastHeartbeatTime })
      expect(plan({ node: node([theirs], []) }, wish('EtcdIsVoter'))).toMatchObject({
        foreign: ['EtcdIsVoter'],
        types: [],
      })
    }
  })

  it('knows its own again where somebody took the annotation away', () => {
    const ours = actual('A', { lastHeartbeatTime: kubeTime(at(38)) })
    const { patch, foreign } = plan({ node: node([ours], []), written: new Set(['A']) }, wish('A'))
    expect(foreign).toEqual([])
    expect(patch).toEqual({ metadata: { annotations: { 'node-doctor.io/conditions': 'A' } } })
  })

  it('puts back what another writer took away or changed', () => {
    expect(plan({ node: node([], ['A']), written: new Set(['A']) }, wish('A')).cause).toBe('drift')
    expect(plan({ node: node([actual('A', { status: 'True' })]) }, wish('A')).types).toEqual(['A'])
  })

  it('takes away what is ours and no longer wished, once that is sure', () => {
    const standing = node([actual('A'), actual('Old'), actual('Theirs')], ['A', 'Old'])
    expect(plan({ node: standing }, wish('A')).patch).toBeUndefined()
    const { patch, cause } = plan({ node: standing, removeOrphans: true }, wish('A'))
    expect(cause).toBe('clean')
    expect(patch).toEqual({
      metadata: { annotations: { 'node-doctor.io/conditions': 'A' } },
      status: { conditions: [{ type: 'Old', $patch: 'delete' }] },
    })
  })

  it('takes away at once what the detector took back by its name', () => {
    const standing = node([actual('A'), actual('B'), actual('C')])
    const { patch } = plan({ node: standing, withdrawn: new Set(['B']) }, wish('A'))
    expect(patch?.status?.conditions).toEqual([{ type: 'B', $patch: 'delete' }])
    expect(patch?.metadata?.annotations).toEqual({ 'node-doctor.io/conditions': 'A,C' })
  })

  it('has what the configuration asks for beside it, and nothing that another one wrote', () => {
    const marked: KubeNode = {
      metadata: { name: 'n1', annotations: { 'node-doctor.io/conditions': 'A', 'example.org/theirs': 'x' } },
      status: { conditions: [actual('A')] },
    }
    const asked = { 'example.org/a': 'a', 'example.org/theirs': 'y' }
    const { patch, cause, foreignAnnotations } = plan({ node: marked, asked }, wish('A'))
    expect([patch, cause, foreignAnnotations]).toEqual([
      { metadata: { annotations: { 'example.org/a': 'a', 'node-doctor.io/annotations': 'example.org/a' } } },
      'change',
      ['example.org/theirs'],
    ])
  })

  it('takes away a note that is no longer written', () => {
    const marked: KubeNode = {
      metadata: {
        name: 'n1',
        annotations: { 'node-doctor.io/conditions': 'A', 'node-doctor.io/status': 'healthy', x: 'y' },
      },
      status: { conditions: [actual('A')] },
    }
    expect(plan({ node: marked }, wish('A')).patch).toEqual({
      metadata: { annotations: { 'node-doctor.io/status': null } },
    })
  })

  const types = fc.constantFrom('A', 'B', 'C', 'D', 'Ready', 'MemoryPressure')
  const statuses = fc.constantFrom('True', 'False', 'Unknown')
  const times = fc.integer({ min: 0, max: 39 }).map((minute) => at(minute))
  const wishes = fc.uniqueArray(
    fc.record({
      type: types,
      status: statuses,
      reason: types,
      message: types,
      since: times,
      observed: times,
      exact: fc.boolean(),
      rank: fc.integer({ min: 0, max: 5 }),
      types: fc.constant<string[]>([]),
      plugin: fc.constant(''),
    }),
    { selector: ({ type }) => type },
  )
  const actuals = fc.uniqueArray(
    fc.record({
      type: types,
      status: statuses,
      reason: types,
      message: types,
      lastHeartbeatTime: times.map(kubeTime),
      lastTransitionTime: times.map(kubeTime),
    }),
    { selector: ({ type }) => type },
  )

  it('never touches the kubelet’s types nor anybody else’s, and once applied leaves nothing to do', () => {
    fc.assert(
      fc.property(wishes, actuals, fc.subarray(['A', 'B', 'C', 'D']), fc.boolean(), (wanted, standing, ours, clean) => {
        const before = node(standing, ours)
        const input = { node: before, removeOrphans: clean, heartbeat: true, mayReword: () => true }
        const first = plan(input, ...wanted)
        for (const type of first.types) {
          expect(KUBELET_CONDITIONS.has(type)).toBe(false)
          expect(first.foreign).not.toContain(type)
        }
        const after = apply(before, first.patch)
        const again = plan({ ...input, node: after }, ...wanted)
        expect(again.patch).toBeUndefined()
        expect(after.status?.conditions?.filter(({ type }) => !first.types.includes(type))).toEqual(
          standing.filter(({ type }) => !first.types.includes(type)),
        )
      }),
    )
  })
})

/** What the server makes of it: conditions by their type, annotations by their key. */
function apply(before: KubeNode, patch: ReturnType<typeof planPatch>['patch']): KubeNode {
  const conditions = new Map((before.status?.conditions ?? []).map((one) => [one.type, one]))
  for (const one of patch?.status?.conditions ?? []) {
    if ('$patch' in one) conditions.delete(one.type)
    else conditions.set(one.type, one)
  }
  const annotations = { ...before.metadata.annotations, ...patch?.metadata?.annotations }
  return {
    metadata: {
      ...before.metadata,
      annotations: Object.fromEntries(
        Object.entries(annotations).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
    },
    status: { conditions: [...conditions.values()] },
  }
}

describe('a condition that is told word by word', () => {
  const told = (changes: Partial<Desired> = {}) => wish('A', { verbatim: true, message: '', ...changes })

  it('goes out for every difference: an earlier time, an empty text', () => {
    const { patch, cause } = plan({ node: node([actual('A')]) }, told({ since: at(-5) }))
    expect(cause).toBe('change')
    expect(patch?.status?.conditions[0]).toMatchObject({ message: '', lastTransitionTime: kubeTime(at(-5)) })
  })

  it('leaves out what is empty and was', () => {
    const { patch } = plan({ node: node([]) }, told({ reason: '' }))
    expect(Object.keys(patch?.status?.conditions[0] ?? {}).sort()).toEqual([
      'lastHeartbeatTime',
      'lastTransitionTime',
      'status',
      'type',
    ])
  })

  it('is ours whoever wrote it, where a file claims it', () => {
    const theirs = node([actual('A', { status: 'True' })], [])
    expect(plan({ node: theirs }, told()).foreign).toEqual(['A'])
    expect(plan({ node: theirs, claimed: new Set(['A']) }, told()).types).toEqual(['A'])
  })
})

describe('a mark of who writes for files of node-problem-detector alone', () => {
  const MARK = 'node-doctor.io/npd-conditions'

  it('stands beside that of an installation, whose notes stay', () => {
    const ours = { 'node-doctor.io/conditions': 'B', 'node-doctor.io/status': 'healthy' }
    const beside: KubeNode = { metadata: { name: 'n1', annotations: ours }, status: { conditions: [actual('B')] } }
    expect(plan({ node: beside, markKey: MARK, unconfirmed: new Set(['B']) }, wish('A')).patch?.metadata).toEqual({
      annotations: { [MARK]: 'A' },
    })
  })

  it('lets go what nobody confirms and no file claims, and leaves what somebody confirms', () => {
    const marked: KubeNode = {
      metadata: { name: 'n1', annotations: { [MARK]: 'Claimed,Gone,Other' } },
      status: { conditions: [actual('Claimed'), actual('Gone'), actual('Other')] },
    }
    const unconfirmed = new Set(['Claimed', 'Gone'])
    const input = { node: marked, markKey: MARK, unconfirmed, claimed: new Set(['Claimed']) } as const
    expect(plan(input).patch).toEqual({
      metadata: { annotations: { [MARK]: 'Claimed,Other' } },
      status: { conditions: [{ type: 'Gone', $patch: 'delete' }] },
    })
  })
})
