import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockingDependency } from './dependency.ts'
import { createDraft } from './draft.ts'
import { conditionKey } from './keys.ts'
import { DETECTOR_CONDITIONS } from './monitor-life.ts'
import { DETECTOR } from './problem.ts'
import { NOT_SUSTAINED } from './shadow.ts'
import { at, conditionType, createWorld, declaration, observation, report, T0 } from './testing.ts'
import type { MonitorState, Observation } from './types.ts'

/** What a look found. */
type Look = 'well' | 'pending' | 'warning' | 'critical'

interface Check {
  readonly explainedBy?: readonly string[]
  readonly dependsOn?: readonly string[]
}

const word = (check: string, look: Look, ms: number): Observation => ({
  ...observation(check.toUpperCase(), look === 'warning' || look === 'critical' ? 'problem' : 'healthy', { check }),
  severity: look === 'warning' || look === 'critical' ? look : 'info',
  observed: new Date(T0 + ms),
  ...(look === 'pending' ? { pending: true, reason: NOT_SUSTAINED } : {}),
})

/** Monitors whose checks each have one condition, called as the check is. */
function createNode() {
  const world = createWorld()
  let ms = 0
  const now = () => {
    ms += 1000
    return ms
  }
  world.take({ kind: 'declared', declaration: declaration(DETECTOR, DETECTOR_CONDITIONS), incarnation: 1 }, 0)
  return {
    ...world,
    declare(
      name: string,
      checks: Readonly<Record<string, Check>>,
      origin: MonitorState['origin'] = 'built-in',
    ): readonly unknown[] {
      const types = Object.keys(checks).map((check) => conditionType(check.toUpperCase(), { recovery: ONCE }))
      const declared = Object.entries(checks).map(([check, more]) => ({
        check,
        conditionTypes: [check.toUpperCase()],
        dependsOn: [],
        ...more,
      }))
      const more = { checks: declared, origin }
      return world.take({ kind: 'declared', declaration: declaration(name, types, more), incarnation: 7 }, now())
    },
    /** One report of what these checks found. */
    say(monitor: string, looks: Readonly<Record<string, Look>>): void {
      const time = now()
      const observations = Object.entries(looks).map(([check, look]) => word(check, look, time))
      world.take({ kind: 'report', monitor, violations: [], report: report(observations) }, time)
    },
    take: (input: Parameters<typeof world.take>[0]) => world.take(input, now()),
    pass(minutes: number): void {
      ms += minutes * 60_000
    },
    healthOf: (check: string) => world.state.conditions.get(conditionKey(check.toUpperCase(), ''))?.health,
    get open() {
      const open = [...world.state.problems.values()].filter(
        ({ phase, owner }) => phase !== 'resolved' && owner !== DETECTOR,
      )
      return open.map(({ type }) => type.toLowerCase()).sort()
    },
  }
}

const ONCE = { kind: 'healthy-checks', count: 1 } as const

/** As the configuration has them: each with all that explains it, those that are explained first. */
const CHAIN = {
  dns: { explainedBy: ['gateway', 'links'] },
  gateway: { explainedBy: ['links'] },
  links: {},
}

function chain() {
  const node = createNode()
  node.declare('network', CHAIN)
  return node
}

describe('what is explained', () => {
  it('counts in the order in which one explains the other once what explains all of it is well', () => {
    const node = chain()
    node.say('network', { links: 'critical' })
    node.say('network', { dns: 'critical' })
    node.say('network', { gateway: 'critical' })
    expect(node.open).toEqual(['links'])
    node.say('network', { links: 'well' })
    expect(node.open).toEqual(['gateway'])
  })

  it('counts at once where the same report says that what would have explained it is there no more', () => {
    const node = chain()
    node.say('network', { gateway: 'pending', links: 'pending' })
    const withdrawn = [{ type: 'LINKS', entity: '' }]
    const told = report([word('gateway', 'critical', 10_000)], { withdrawn })
    node.take({ kind: 'report', monitor: 'network', violations: [], report: told })
    expect(node.open).toEqual(['gateway'])
  })

  it('counts with its next look where a person says that what explains it is over, and no other that was made before', () => {
    const node = chain()
    node.say('network', { links: 'critical' })
    node.say('network', { gateway: 'critical', dns: 'critical' })
    node.take({ kind: 'cleared', type: 'LINKS', entity: undefined, by: 'me', why: 'it is' })
    expect(node.open).toEqual([])
    node.declare('network', CHAIN)
    node.say('network', { dns: 'well' })
    expect(node.open).toEqual([])
    node.say('network', { gateway: 'critical' })
    expect(node.open).toEqual(['gateway'])
  })

  it('counts at once where the monitor of what explains it is taken out', () => {
    const node = createNode()
    node.declare('network', { links: {} })
    node.declare('kubernetes', { apiserver: { explainedBy: ['links'] } })
    node.say('network', { links: 'critical' })
    node.say('kubernetes', { apiserver: 'critical' })
    expect(node.open).toEqual(['links'])
    node.take({ kind: 'removed', monitor: 'network' })
    expect(node.open).toEqual(['apiserver'])
  })

  it('counts at once where nothing explains it any more by a new configuration', () => {
    const node = chain()
    node.say('network', { links: 'critical' })
    node.say('network', { gateway: 'critical' })
    node.declare('network', { ...CHAIN, gateway: {} })
    expect(node.open).toEqual(['gateway', 'links'])
  })

  it('counts once the monitor of what explains it is lost: nobody says whether that stands', () => {
    const node = createNode()
    node.declare('network', { links: {} })
    node.declare('kubernetes', { apiserver: { explainedBy: ['links'] }, kubelet: { dependsOn: ['links'] } })
    node.say('network', { links: 'critical' })
    node.say('kubernetes', { apiserver: 'critical', kubelet: 'critical' })
    node.take({ kind: 'lost', monitor: 'network', reason: 'it does not answer' })
    expect(node.open).toEqual(['apiserver', 'links'])
    expect(node.healthOf('kubelet')).toBe('unknown')
  })

  it('counts when it is told again after a start at which nothing stands behind it any more', () => {
    const node = createNode()
    node.declare('network', { links: {} })
    node.declare('kubernetes', { apiserver: { explainedBy: ['links'] } })
    node.say('network', { links: 'critical' })
    node.say('kubernetes', { apiserver: 'critical' })
    const looked = node.state.sources.get('kubernetes\0APISERVER\0')?.observed.getTime() ?? 0
    // The detector's next life has its sources, and who declares what only as each answers.
    for (const name of ['network', 'kubernetes']) node.state.declarations.delete(name)
    node.state.gated.clear()
    node.declare('network', { links: {} })
    node.say('network', { links: 'well' })
    node.declare('kubernetes', { apiserver: { explainedBy: ['links'] } })
    const again = report([word('apiserver', 'critical', looked - T0)])
    node.take({ kind: 'report', monitor: 'kubernetes', violations: [], report: again })
    expect(node.open).toEqual(['apiserver'])
  })

  it('is not explained by a plug-in’s check that has the name of one of ours', () => {
    const node = chain()
    node.declare('gpu', { links: { dependsOn: ['fan'] }, fan: {} }, 'configured')
    node.say('gpu', { fan: 'critical', links: 'pending' })
    node.say('network', { gateway: 'critical' })
    expect(node.open).toContain('gateway')
  })

  it('is explained by what is open as a warning and about to be critical', () => {
    const node = chain()
    node.say('network', { links: 'warning' })
    node.say('network', { links: 'pending' })
    node.say('network', { gateway: 'critical' })
    node.say('network', { links: 'critical' })
    expect(node.open).toEqual(['links'])
  })
})

describe('what was well for long beside what would explain it', () => {
  it('is not explained by that, and is by what came since', () => {
    const node = chain()
    node.say('network', { links: 'critical' })
    node.pass(31)
    node.say('network', { dns: 'well', gateway: 'well' })
    node.say('network', { dns: 'pending' })
    node.say('network', { dns: 'critical' })
    expect(node.open).toEqual(['dns', 'links'])
    node.say('network', { links: 'well' })
    node.say('network', { links: 'critical' })
    node.say('network', { gateway: 'critical' })
    expect(node.open).toEqual(['dns', 'links'])
  })

  it('is explained where it was well for minutes alone: what follows of a cause comes later', () => {
    const node = chain()
    node.say('network', { links: 'pending' })
    node.pass(20)
    node.say('network', { links: 'critical' })
    node.pass(9)
    node.say('network', { gateway: 'well' })
    node.pass(60)
    node.say('network', { gateway: 'critical' })
    expect(node.open).toEqual(['links'])
  })

  it('is explained by what was no more than a warning all the while', () => {
    const node = chain()
    node.say('network', { links: 'warning' })
    node.pass(600)
    node.say('network', { gateway: 'well' })
    node.say('network', { links: 'pending' })
    node.say('network', { gateway: 'critical' })
    node.say('network', { links: 'critical' })
    expect(node.open).toEqual(['links'])
  })

  it('is not explained by that after a start either, of which only the times of the state are known', () => {
    const node = chain()
    node.say('network', { links: 'critical' })
    node.pass(31)
    node.say('network', { gateway: 'well' })
    for (const [key, source] of node.state.sources)
      node.state.sources.set(key, { ...source, explainsSince: undefined, wellAt: undefined })
    node.say('network', { links: 'critical' })
    node.say('network', { gateway: 'critical' })
    expect(node.open).toEqual(['gateway', 'links'])
  })
})

it('counts at once when a monitor on which it depends answers again', () => {
  const node = createNode()
  node.declare('network', { links: {} })
  node.declare('kubernetes', { kubelet: { dependsOn: ['network'] } })
  node.take({ kind: 'lost', monitor: 'network', reason: 'it does not answer' })
  node.say('kubernetes', { kubelet: 'critical' })
  expect(node.open).toEqual([])
  node.say('network', { links: 'well' })
  expect(node.open).toEqual(['kubelet'])
})

const NAMES = ['a', 'b', 'c', 'd'] as const
const looks = fc.constantFrom<Look>('well', 'pending', 'warning', 'critical')
const names = fc.subarray([...NAMES, 'one', 'two'])
const declared = fc.record({ dependsOn: names, explainedBy: names })
const halves = { one: ['a', 'b'], two: ['c', 'd'] } as const
const step = fc.oneof(
  fc.record({
    kind: fc.constant('say' as const),
    monitor: fc.constantFrom('one', 'two'),
    looks: fc.tuple(looks, looks),
  }),
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.constantFrom(10, 40) }),
  fc.record({ kind: fc.constant('lose' as const), monitor: fc.constantFrom('one', 'two') }),
  fc.record({ kind: fc.constant('clear' as const), check: fc.constantFrom(...NAMES) }),
  fc.record({
    kind: fc.constant('declare' as const),
    monitor: fc.constantFrom('one', 'two'),
    edges: fc.tuple(declared, declared),
  }),
)

it('is held back by something, whatever happened: nothing is hidden for ever', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 12 }),
      fc.tuple(declared, declared, declared, declared),
      (steps, [a, b, c, d]) => {
        const node = createNode()
        node.declare('one', { a, b })
        node.declare('two', { c, d })
        for (const one of steps) {
          if (one.kind === 'say') {
            const [first, second] = halves[one.monitor as 'one']
            node.say(one.monitor, { [first]: one.looks[0], [second]: one.looks[1] })
          } else if (one.kind === 'pass') node.pass(one.minutes)
          else if (one.kind === 'lose') node.take({ kind: 'lost', monitor: one.monitor, reason: 'gone' })
          else if (one.kind === 'clear')
            node.take({ kind: 'cleared', type: one.check.toUpperCase(), entity: undefined, by: 'me', why: 'so' })
          else {
            const [first, second] = halves[one.monitor as 'one']
            node.declare(one.monitor, { [first]: one.edges[0], [second]: one.edges[1] })
          }
          const draft = createDraft(node.state, at(1_000_000))
          for (const { monitor, observation: said, held, raised, observed, cleared } of node.state.sources.values()) {
            const isNew = said.health === 'problem' && said.pending !== true && raised === undefined
            if (held === 'unreachable' || (cleared !== undefined && observed <= cleared)) continue
            expect(held === 'gated', `${monitor} ${said.type}`).toBe(isNew)
            if (isNew) expect(blockingDependency(draft, monitor, said), `${monitor} ${said.type}`).toBeDefined()
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})
