/**
 * Repairs by the real processes, as they are released, on a machine of systemd of their own (root): from a problem to `started` on the disk, from a
 * stopped unit to its start beside `systemctl start`, from the last pod's end to its being noticed; memory beside the detector and `system`.
 * `--samples N` problems (default 100: of fewer there is no 99th of a hundred), `--settle N` seconds before memory is read (default 60).
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#service'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { nodeEnvOf, nodeFlagsOf } from '../../services/cli/up/node-flags.ts'
import { type KillWorld, startKillWorld } from '../../services/remediator/kill/testing-world.ts'
import { ensureBuilt } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'
import { memoryOf } from './process/cost.ts'
import { startSet } from './process/set.ts'

const NODE = 'worker-7'
const DIST = new URL('../../dist/', import.meta.url).pathname
const clock = systemClock()

function argument(name: string, or: number): number {
  return Number(process.argv[process.argv.indexOf(name) + 1]) || or
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

/** By the record's own clock, which is this one: it is taken before the write, whose time `repairs` tells. */
async function opened(world: KillWorld, samples: number): Promise<void> {
  const times: number[] = []
  // The first one is of the start: the detector is heard for the first time, and nothing was compiled yet.
  for (let n = 0; n <= samples; n++) {
    const isMended = async (fingerprint: string) => existsSync(join(world.shared, 'mended', fingerprint))
    const from = clock.monotonicMs()
    const ailment = await world.ails('script', `bench:${n}`, isMended)
    const startOf = async () =>
      (await world.records()).find(
        ({ what }) => what.kind === 'started' && what.problem.opening.fingerprint === ailment.fingerprint,
      )
    await world.until('it is begun', async () => (await startOf()) !== undefined)
    times.push(((await startOf())?.monoMs ?? Number.NaN) - from)
    const begun = (await startOf())?.what
    const attempt = begun?.kind === 'started' ? begun.attempt : ''
    await world.until('it is known how it ended', async () =>
      (await world.records()).some(({ what }) =>
        what.kind === 'ended'
          ? what.attempt === attempt && what.outcome !== 'succeeded'
          : what.kind === 'verified' && what.attempt === attempt,
      ),
    )
    // The cooldown of its script.
    await sleep(1_500)
  }
  const [ofStart = Number.NaN, ...begun] = times
  const name = `problem opened to \`started\`, of ${samples}`
  reportFigure({ name: 'the same of the first one, right after the start', value: ofStart, unit: 'ms' })
  reportFigure({ name: `${name}: median`, value: percentile(begun, 0.5), unit: 'ms' })
  reportFigure({ name: `${name}: p99`, value: percentile(begun, 0.99), unit: 'ms', budget: { max: 50 } })
  reportFigure({ name: `${name}: the slowest`, value: percentile(begun, 1), unit: 'ms' })
}

const startsOf = ({ shared }: KillWorld) => readFileSync(join(shared, 'starts'), 'utf8').split('\n').length - 1

/** From there to the first act of the unit's own process. */
async function untilStarted(world: KillWorld, before: number, fromMs: number): Promise<number> {
  while (startsOf(world) === before) await sleep(2)
  return clock.monotonicMs() - fromMs
}

async function stopped(world: KillWorld): Promise<void> {
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let n = 0; n < 5; n++) {
    await world.systemctl('stop', 'nd-app')
    const before = startsOf(world)
    const from = clock.monotonicMs()
    const started = world.systemctl('start', 'nd-app')
    bare.push(await untilStarted(world, before, from))
    await started
    await world.systemctl('stop', 'nd-app')
    const again = startsOf(world)
    const ailsFrom = clock.monotonicMs()
    const ailment = await world.ails('unit', `unit:bench-${n}`, async () => startsOf(world) > again)
    ours.push(await untilStarted(world, again, ailsFrom))
    await world.until('it is over', async () => ailment.isOver)
    // It is looked at for 5 s, and then its cooldown.
    await sleep(8_000)
  }
  reportFigure({
    name: 'problem of a stopped unit to its start, median',
    value: percentile(ours, 0.5),
    unit: 'ms',
    budget: { maxRatio: 3 },
    comparedWith: { name: 'systemctl start', value: percentile(bare, 0.5) },
  })
}

async function drained(world: KillWorld): Promise<void> {
  const { place } = world
  const times: number[] = []
  for (let n = 0; n < 3; n++) {
    const name = `bench-${n}`
    await place.makePod({ name, node: NODE })
    const isGone = async () => (await place.client.getPod('default', name)) === undefined
    const ailment = await world.ails('drain', `bench:drain-${n}`, isGone)
    while (!(await isGone())) await sleep(5)
    const goneMs = clock.monotonicMs()
    const steps = async () =>
      (await world.records()).filter(({ what }) => what.kind === 'step' && what.step === 'drained')
    await world.until('it is drained', async () => (await steps()).length > n)
    times.push(((await steps()).at(-1)?.monoMs ?? Number.NaN) - goneMs)
    await world.until('it is over', async () => ailment.isOver && place.api.node(NODE)?.spec?.unschedulable !== true)
  }
  reportFigure({
    name: 'last pod gone to noticed, worst',
    value: Math.max(...times),
    unit: 'ms',
    budget: { max: 1_000 },
  })
}

async function memory(world: KillWorld): Promise<void> {
  await using set = await startSet()
  await sleep(argument('--settle', 60) * 1000)
  const of = (pid: number | undefined) => (pid === undefined ? Number.NaN : memoryOf(pid).privateMiB)
  for (const [name, pid, beside] of [
    ['remediator', world.remediator.pid, 'detector'],
    ['host-actions', world.hostActions.pid, 'system'],
  ] as const) {
    reportFigure({
      name: `${name}, private memory`,
      value: of(pid),
      unit: 'MiB',
      budget: { maxRatio: 1 },
      comparedWith: { name: beside, value: of(set.pids.get(beside)) },
    })
  }
}

const why = whyNoSystemd()
if (why !== '') console.log(`repairs by the real processes: ${why}`)
else {
  ensureBuilt()
  for (const [key, value] of Object.entries(nodeEnvOf('remediator'))) process.env[key] = value
  await using world = await startKillWorld((name) => [...nodeFlagsOf(name), join(DIST, `${name}.mjs`)])
  await world.until('it runs', async () => (await world.records()).length > 0)
  await opened(world, argument('--samples', 100))
  await stopped(world)
  await drained(world)
  await memory(world)
}
