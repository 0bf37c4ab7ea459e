/** kill -9 of either process that repairs, at each step: nothing is done twice, no limit is passed, and the history is told once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNoSystemd } from '../../../libs/host/units/testing-systemd.ts'
import { ALL_STEPS } from '../steps.ts'
import { faultsOf } from './testing-faults.ts'
import { STORIES_BY_NAME, type StoryName } from './testing-stories.ts'
import { type KillWorld, startKillWorld } from './testing-world.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`kills of who repairs: ${why}`)

/** Each at each step, so often, in another order each time; by default a few. */
const ROUNDS = Number(process.env['NODE_DOCTOR_KILL_ROUNDS'] ?? 0)
const FEW: readonly string[] = ['after started', 'act heard of', 'program begun', 'end kept', 'before step evicting']

function shuffled<T>(all: readonly T[]): readonly T[] {
  return all
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

describe.skipIf(why !== '')('whoever repairs, killed', () => {
  let world: KillWorld
  let told = 0
  /** The story that reaches a step. */
  const storyOf = new Map<string, StoryName>()

  beforeAll(async () => {
    world = await startKillWorld()
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose](), 30_000)

  it('has a name for each step at which it may be, and reaches all of them', async () => {
    for (const [name, story] of Object.entries(STORIES_BY_NAME)) {
      const before = world.steps().length
      await story(world, `${name}-${++told}`)
      for (const step of world.steps().slice(before)) {
        if (!storyOf.has(step)) storyOf.set(step, name as StoryName)
      }
    }
    expect([...storyOf.keys()].filter((step) => !ALL_STEPS.includes(step))).toEqual([])
    expect(ALL_STEPS.filter((step) => !storyOf.has(step))).toEqual([])
    expect(await faultsOf(world)).toEqual([])
  }, 240_000)

  async function killAt(step: string, victim: 'itself' | 'the other'): Promise<void> {
    const name = storyOf.get(step)
    if (name === undefined) throw new Error(`no story reaches ${step}`)
    await world.choose(step, victim)
    // Not every telling reaches each: a look is not asked for where one came by itself.
    for (let tries = 0; tries < 5 && world.chosen() !== undefined; tries++) {
      await STORIES_BY_NAME[name](world, `${name}-${++told}`)
    }
    expect(world.chosen()).toBeUndefined()
  }

  it.skipIf(ROUNDS > 0)(
    'at a few of them, does nothing twice, and tells what came of it once',
    async () => {
      for (const step of FEW) await killAt(step, 'itself')
      for (const step of ['after started']) await killAt(step, 'the other')
      expect(await faultsOf(world)).toEqual([])
    },
    240_000,
  )

  it.skipIf(ROUNDS === 0)(
    'at each of them, does nothing twice, and tells what came of it once',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        for (const step of shuffled(ALL_STEPS)) {
          for (const victim of ['itself', 'the other'] as const) await killAt(step, victim)
        }
        expect(await faultsOf(world)).toEqual([])
      }
    },
    24 * 3_600_000,
  )
})
