import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { keepLog } from '../../libs/service/testing.ts'
import { someProblem } from '../../libs/view/testing.ts'
import { ACTION, type Forgets, startActor } from '../cli/conformance/actions/testing-actor.ts'
import { createRunner } from './carry/runner.ts'
import { type HostileRunner, type HostileWays, startHostileRunner } from './carry/testing-hostile.ts'
import { SIGHT } from './testing/questions.ts'
import { type Life, type Scene, scenesOfTests } from './testing-scene.ts'

const sceneOf = scenesOfTests()
const POLL = { timeout: 20_000, interval: 10 }
/** A turn comes every two seconds: no repair waits for more than one, and this for its own work. */
const TURN_MS = 2_000
const WORK_MS = 800

const WORST = { check: 'stuck', source: 'system', owner: 'system', fingerprint: 'system.Stuck.1', opened: new Date(0) }

interface Beside {
  readonly scene: Scene
  readonly life: Life
  readonly hostile: HostileRunner
  readonly ways: HostileWays
}

/** A problem that is worse than any other, whose plug-in is asked and answers as a test says. */
async function beside(ways: HostileWays): Promise<Beside> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-hung-'))
  const socket = join(dir, 'stuck.sock')
  const hostile = await startHostileRunner(socket, ways)
  onTestFinished(async () => {
    await hostile.close()
    await rm(dir, { recursive: true, force: true })
  })
  const scene = await sceneOf('', { other: { name: 'stuck', socket }, maxAttempts: 20 })
  const life = await scene.run()
  await scene.look()
  await scene.detector.problem(someProblem({ ...WORST, phase: 'opened', generation: 1 }))
  await expect.poll(() => hostile.asked.can, POLL).toBeGreaterThan(0)
  return { scene, life, hostile, ways }
}

/** How long it takes from the opening of another problem to its repair, once and again. */
async function latencies({ scene }: Beside): Promise<readonly number[]> {
  const all: number[] = []
  for (const generation of [1, 2, 3]) {
    const before = scene.runner.begun.length
    const fromMs = performance.now()
    await scene.problem({ phase: 'opened', generation, opened: new Date() })
    await expect.poll(() => scene.runner.begun.length, POLL).toBe(before + 1)
    all.push(Math.round(performance.now() - fromMs))
    await scene.problem({ phase: 'resolved', resolved: new Date(), proof: 'healthy-checks', proofText: 'two looks' })
    await new Promise((soon) => setTimeout(soon, 1_500))
  }
  return all
}

/** What the plan says of the worst. */
async function verdict({ life }: Beside): Promise<string> {
  const { plans } = await life.client.call(RemediatorService.plan, { problem: WORST.fingerprint })
  return plans[0]?.verdict ?? ''
}

describe('the repair of another problem', () => {
  it('waits for no plug-in that answers nothing', async () => {
    const at = await beside({ says: () => [] })
    const ms = await latencies(at)
    expect(Math.max(...ms)).toBeLessThan(TURN_MS + WORK_MS)
  }, 60_000)

  it('waits for no plug-in that takes its time to refuse', async () => {
    const at = await beside({ says: () => [], refusal: 'not now', refusesAfterMs: 2_800 })
    const ms = await latencies(at)
    expect(Math.max(...ms)).toBeLessThan(TURN_MS + WORK_MS)
    // What it said holds until it is heard again: no turn says that it did not answer.
    await expect.poll(() => verdict(at), POLL).toMatch(/: fit: not now$/)
    for (let turn = 0; turn < 4; turn++) {
      await new Promise((soon) => setTimeout(soon, 1_000))
      expect(await verdict(at)).toMatch(/: fit: not now$/)
    }
    expect(at.hostile.asked.begun).toBe(0)
  }, 60_000)
})

/** What becomes of an act that is given up while its plug-in is stopped, once that goes on. */
async function givenUp(forgets: Forgets) {
  const dir = await mkdtemp(join(tmpdir(), 'nd-stopped-'))
  const socket = join(dir, 'sweeper.sock')
  const actor = await startActor(socket, forgets)
  const runner = createRunner({ socket, name: 'sweeper', clock: systemClock(), log: keepLog('remediator').log })
  onTestFinished(async () => {
    runner.close()
    actor.end()
    await rm(dir, { recursive: true, force: true })
  })
  const act = { strategy: 'external-action', target: `external:sweeper/${ACTION}`, parameters: {}, text: '' }
  const order = { attempt: '3f2a91c0-17', act, problem: SIGHT, deadlineMs: 500, onStep: async () => undefined }
  const { signal } = new AbortController()
  expect(await runner.fit(act)).toEqual({ refusal: '' })
  actor.send('SIGSTOP')
  const ended = await runner.run(order, signal)
  actor.send('SIGCONT')
  return { ended, over: await runner.isOver?.(order, signal) }
}

describe.concurrent('an act that is given up while its plug-in is stopped', () => {
  it('is not begun when that goes on, which is heard then', async () => {
    const { ended, over } = await givenUp('nothing')
    expect(ended).toMatchObject({ outcome: 'lost', mayRun: true })
    expect(over).toMatch(/^sweeper says that it has ended: lost, /)
  }, 60_000)

  it('is begun behind its time by one that breaks the rule: so there is one', async () => {
    const { over } = await givenUp('time')
    expect(over).toMatch(/^sweeper says that it has ended: succeeded, swept for /)
  }, 60_000)
})
