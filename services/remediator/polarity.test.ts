/** The fault of the Go Node Doctor that matters most: it took "False" for sick, and restarted what was well. Every type, every polarity, every action. */
import { describe, expect, it } from 'vitest'
import type { RemediationEntry } from '#config'
import { conditionKey, healthOf, type NodeCondition, type Polarity, type Problem, statusOf } from '#model'
import { type LadderRung, REMEDY_NAMES, rungsOf } from '#remedies'
import { CATALOG } from '../../libs/config/catalog.ts'
import { conditionType, createWorld, declaration, observation, report, T0 } from '../../libs/model/testing.ts'
import { configWith } from '../../libs/remedies/testing.ts'
import { ago, someCondition, someProblem } from '../../libs/view/testing.ts'
import { inTurn } from './desk/desk.ts'
import { isFor, turnOf } from './desk/ladder.ts'
import { questionOf } from './desk/questions.ts'
import { EMPTY_STATE } from './state/types.ts'
import { LIMITS, NOW_MS } from './testing/questions.ts'
import { scenesOfTests } from './testing-scene.ts'

const POLARITIES: readonly Polarity[] = ['true-is-problem', 'true-is-healthy']
const ENTITIES = ['', 'disk:/var', 'pod:a/b']
const SECTION = configWith('{ strategy: disk-cleanup }').remediation
const TYPES = [...new Set(CATALOG.checks.flatMap(({ conditions }) => conditions.map(({ type }) => type)))]

/** Every action, with every key that any of them needs. */
const BLOCK: RemediationEntry = {
  enabled: true,
  strategies: REMEDY_NAMES.map((strategy) => ({
    ...{ enabled: true, strategies: [], strategy, service: 'kubelet', scriptPath: '/opt/x.sh', interface: 'eth0' },
    ...{ path: '/srv', plugin: 'bmc', pluginAction: 'cycle' },
  })),
}

const MUTE = { annotation: 'on', holds: [], disruptiveHolds: [] } as const
const state = { ...EMPTY_STATE, bootId: 'b1', nowMs: NOW_MS }

/** What would be done about one problem now, by one strategy alone: the names of those that every gate allows. */
function doneAbout(problem: Problem, condition: NodeCondition | undefined): readonly string[] {
  const known = {
    around: () => ({ problem, condition, look: { atMs: NOW_MS - 1_000, intervalMs: 30_000 } }),
    detector: () => ({
      ...{ heartbeatAgeMs: 1_000, waitingMs: 0, behindMs: new Map(), nodeUpMs: 3_600_000, isGoingDown: false },
    }),
  }
  const safety = { state, trouble: undefined, nowMs: () => NOW_MS }
  const clock = { now: () => new Date(NOW_MS) }
  const options = { safety, known, clock, limits: LIMITS, mute: () => MUTE } as unknown as Parameters<
    typeof questionOf
  >[0]
  const ask = (rung: LadderRung) => questionOf(options, problem, rung)
  return rungsOf(BLOCK, SECTION, problem).flatMap((rung) => {
    const turn = turnOf([rung], problem.type, ask)
    return turn.kind === 'turn' && turn.judged.judgement.refusal === undefined ? [rung.strategy] : []
  })
}

/** A node on which one type is seen so, one look after the other, by the statuses that a foreign plug-in would tell. */
function seen(type: string, entity: string, polarity: Polarity, statuses: readonly ('True' | 'False' | 'Unknown')[]) {
  const world = createWorld()
  const declared = declaration('tiny', [
    conditionType(type, { polarity, recovery: { kind: 'healthy-checks', count: 1 } }),
  ])
  world.take({ kind: 'declared', declaration: declared, incarnation: 7 }, 0)
  for (const [at, status] of statuses.entries()) {
    const health = healthOf(status, polarity)
    const one = observation(type, health, { entity, severity: 'critical', observed: new Date(T0 + at * 30_000) })
    world.take({ kind: 'report', monitor: 'tiny', violations: [], report: report([one]) }, at * 30_000)
  }
  const problem = [...world.state.problems.values()].find((one) => one.type === type)
  return { problem, condition: world.state.conditions.get(conditionKey(type, entity)) }
}

describe('what is well is never acted on', () => {
  it.each(POLARITIES)('whatever its type, where %s', (polarity) => {
    const [well, sick] = [statusOf('healthy', polarity), statusOf('problem', polarity)]
    const acted = new Set<string>()
    for (const type of TYPES) {
      for (const entity of ENTITIES) {
        // Well from the first look on, and never seen: there is nothing that anything could be done about.
        for (const statuses of [[well], [well, well], ['Unknown'], [well, 'Unknown']] as const) {
          const { problem, condition } = seen(type, entity, polarity, statuses)
          expect(problem).toBeUndefined()
          expect(condition?.health).not.toBe('problem')
        }
        // Well again: the bucket has a problem that is over.
        const over = seen(type, entity, polarity, [sick, well])
        if (over.problem === undefined) throw new Error('it was a problem')
        expect(over.condition).toMatchObject({ health: 'healthy', status: well })
        expect(doneAbout(over.problem, over.condition)).toEqual([])
        expect(inTurn([over.problem])).toEqual([])
        // Not known any more is not sick.
        const lost = seen(type, entity, polarity, [well, sick, well, 'Unknown'])
        if (lost.problem === undefined) throw new Error('it was a problem')
        expect(doneAbout(lost.problem, lost.condition)).toEqual([])
        // It would hold for whoever does nothing, too.
        const open = seen(type, entity, polarity, [well, sick])
        if (open.problem === undefined) throw new Error('it is a problem')
        expect(open.condition).toMatchObject({ health: 'problem', status: sick })
        const rungs = rungsOf(BLOCK, SECTION, open.problem).filter((rung) => isFor(rung, type))
        const done = doneAbout(open.problem, open.condition)
        expect(done).toEqual(rungs.map(({ strategy }) => strategy))
        for (const strategy of done) acted.add(strategy)
      }
    }
    expect(TYPES.length).toBeGreaterThan(50)
    expect([...acted].toSorted()).toEqual([...REMEDY_NAMES].toSorted())
  })

  const sceneOf = scenesOfTests()

  it('by the service, over a bus that has every type of either polarity well, over or unknown, and one that is sick', async () => {
    const scene = await sceneOf()
    const life = await scene.run()
    for (const [at, type] of TYPES.entries()) {
      const polarity = POLARITIES[at % 2] ?? 'true-is-problem'
      const health = at % 3 === 2 ? 'unknown' : 'healthy'
      await scene.detector.condition(
        someCondition({ type, entity: '', check: 'disk', polarity, health, status: statusOf(health, polarity) }),
      )
      await scene.detector.problem(
        someProblem({
          ...{ fingerprint: `system.${type}.1`, type, entity: '', check: 'disk', source: 'system', phase: 'resolved' },
          ...{ resolved: ago(60), proof: 'healthy-checks', proofText: 'well' },
        }),
      )
    }
    const sick = await scene.problem()
    await expect
      .poll(async () => (await scene.records(life)).some(({ what }) => what.kind === 'ended'), POLL)
      .toBe(true)
    const started = (await scene.records(life)).flatMap(({ what }) => (what.kind === 'started' ? [what] : []))
    expect(started.map(({ problem }) => problem.opening.fingerprint)).toEqual([sick.fingerprint])
    expect(scene.runner.begun).toHaveLength(1)
  }, 60_000)
})

const POLL = { timeout: 20_000, interval: 50 }
