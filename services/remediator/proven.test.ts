import { describe, expect, it } from 'vitest'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { nodesOfTests, type TestNode } from './testing-node.ts'

const nodeOf = nodesOfTests()
const POLL = { timeout: 20_000, interval: 20 }

/** Of the check at once, as a person's `node-doctor check lamp` asks. */
const ask = ({ detector }: TestNode) =>
  detector.client.call(DetectorService.check, { monitor: 'tiny', check: 'lamp' }, { timeoutMs: 5_000 })

/** The lamp breaks, and is found so by a look that is asked for. */
async function breakLamp(node: TestNode): Promise<void> {
  await expect.poll(() => node.lamp.lookedMs.length, POLL).toBeGreaterThan(0)
  await expect
    .poll(
      () =>
        ask(node).then(
          () => true,
          () => false,
        ),
      POLL,
    )
    .toBe(true)
  node.lamp.isBroken = true
  await ask(node)
  await expect.poll(async () => (await node.problem())?.phase, POLL).toBe('opened')
}

describe('a repair, with all parts real', () => {
  it('is proven within a second of the act, though its check looks by itself once in five minutes', async () => {
    const node = await nodeOf()
    let repairedMs = Number.NaN
    node.runner.ways.does = () => {
      node.lamp.isBroken = false
      repairedMs = performance.now()
    }
    await breakLamp(node)
    await expect.poll(() => node.last('verified'), POLL).toMatchObject({ verdict: 'proven' })
    const provenMs = performance.now()
    expect(provenMs - repairedMs).toBeLessThan(1_000)
    expect(node.runner.begun).toHaveLength(1)
    expect(await node.problem()).toBeUndefined()
    // Its own turns had no part in it.
    expect(node.lamp.lookedMs.filter((ms) => ms > repairedMs)).toHaveLength(1)
  }, 60_000)

  it('is not proven by asking where its rule is two looks in a row, and has not failed by that either', async () => {
    const node = await nodeOf({
      recovery: { kind: 'healthy-checks', count: 2 },
      repair: { cooldown: '1s', verifyWithin: '1s' },
    })
    node.runner.ways.does = () => {
      node.lamp.isBroken = false
    }
    await breakLamp(node)
    await expect.poll(() => node.last('ended'), POLL).toMatchObject({ outcome: 'succeeded' })
    // A person asks over and over, for as long as the attempt has to be proven, and longer.
    const untilMs = performance.now() + 4_000
    while (performance.now() < untilMs) await ask(node)
    expect(node.lamp.lookedMs.length).toBeGreaterThan(20)
    expect((await node.problem())?.phase).toBe('opened')
    expect(await node.last('verified')).toBeUndefined()
    expect(node.runner.begun).toHaveLength(1)
  }, 60_000)

  it('is proven by its own turns where its rule asks for them', async () => {
    const node = await nodeOf({
      intervalMs: 1_000,
      recovery: { kind: 'healthy-checks', count: 2 },
      repair: { cooldown: '1s', verifyWithin: '1s' },
    })
    node.runner.ways.does = () => {
      node.lamp.isBroken = false
    }
    await breakLamp(node)
    await expect.poll(() => node.last('verified'), POLL).toMatchObject({ verdict: 'proven' })
    expect(node.runner.begun).toHaveLength(1)
  }, 60_000)

  it('is not begun while its check fails, nor has it failed where its check does so after it', async () => {
    const node = await nodeOf({ intervalMs: 1_000, repair: { cooldown: '1s', verifyWithin: '2s' } })
    const by = { by: 'ann', why: 'x', forMs: 0 }
    await expect.poll(() => node.client.call(RemediatorService.pause, by).then(Boolean, () => false), POLL).toBe(true)
    await breakLamp(node)
    // A person mends it, and nobody sees that.
    Object.assign(node.lamp, { isBroken: false, isBlind: true })
    await expect
      .poll(async () => (await node.detector.node()).conditions.map(({ reason }) => reason), POLL)
      .toContain('CheckFailed')
    await node.client.call(RemediatorService.resume, by)
    const planned = async () => (await node.client.call(RemediatorService.plan, { problem: '' })).plans[0]?.verdict
    await expect.poll(planned, POLL).toMatch(/truth: its check cannot see it now: CheckFailed$/)
    expect(node.runner.begun).toHaveLength(0)
    // It is broken, and seen to be so; what is done helps, and is seen by nobody.
    node.runner.ways.does = () => Object.assign(node.lamp, { isBroken: false, isBlind: true })
    Object.assign(node.lamp, { isBroken: true, isBlind: false })
    await expect.poll(() => node.last('verified'), POLL).toMatchObject({ verdict: 'not-observed' })
    expect(node.runner.begun).toHaveLength(1)
  }, 60_000)
})
