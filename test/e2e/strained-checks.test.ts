/** A late prober accuses nobody: checks that ask others, with a hundredth of a processor, where all who are asked are well. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cpuHierarchy } from './cpu-limit.ts'
import { whyNoChain } from './network-chain.ts'
import { type StrainedCheck, type StrainedNode, startStrainedNode } from './strained-checks.ts'

const why = whyNoChain('chronyd') || (cpuHierarchy() === undefined ? 'skipped: needs cgroups' : '')
if (why !== '') console.log(`checks with little of a processor: ${why}`)

/** Of all checks together. */
const ROUNDS = Number(process.env['NODE_DOCTOR_STRAINED_ROUNDS'] ?? 200)
const SHARE = 0.01
/** Which part of the rounds are a check's: the least of those that take longest. */
const PARTS: Readonly<Record<StrainedCheck, number>> = {
  gateway: 0.1,
  dns: 0.15,
  connectivity: 0.15,
  time: 0.25,
  kubelet: 0.25,
  runtime: 0.1,
}

const CHECKS = Object.keys(PARTS) as StrainedCheck[]
const TIMEOUT_MS = 120_000 + ROUNDS * 1_000

describe.skipIf(why !== '')('with a hundredth of a processor', () => {
  let node: StrainedNode
  const runs = new Map<StrainedCheck, ReturnType<StrainedNode['run']>>()
  beforeAll(async () => {
    node = await startStrainedNode()
    // All at once, since most of it is waiting.
    for (const check of CHECKS) {
      const run = node.run(check, { rounds: Math.ceil(ROUNDS * PARTS[check]), share: SHARE })
      run.catch(() => 'told by the test of that check')
      runs.set(check, run)
    }
  }, 60_000)
  afterAll(async () => {
    await Promise.allSettled(runs.values())
    await node?.[Symbol.asyncDispose]()
  }, TIMEOUT_MS)

  it.for(CHECKS)('%s accuses nobody who is well', { timeout: TIMEOUT_MS }, async (check) => {
    const halves = Object.entries((await runs.get(check)) ?? {})
    const rounds = halves.flatMap(([, { strained }]) => strained)
    for (const [limits, { first, strained }] of halves) {
      // With a whole processor it says so of all: what is asked is there, and is well.
      expect(first.problems).toEqual([])
      expect(first.healthy).toBeGreaterThan(0)
      const late = strained.filter(({ isLate }) => isLate).length
      const times = strained.map(({ ms }) => ms).toSorted((a, b) => a - b)
      const [middle, last] = [times[Math.floor(times.length / 2)], times.at(-1)].map((ms) => Math.round(ms ?? 0))
      console.log(`${check}, ${limits} limits: ${strained.length} rounds of ${middle} ms (${last}), ${late} not judged`)
    }
    expect(rounds.length).toBeGreaterThanOrEqual(ROUNDS * PARTS[check])
    expect(rounds.flatMap(({ problems }) => problems)).toEqual([])
  })
})
