import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { nodesOfTests, type TestNode } from './testing-node.ts'
import { startTeller, type TellerWays } from './testing-teller.ts'

const nodeOf = nodesOfTests()
const POLL = { timeout: 18_000, interval: 20 }
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const BLOCK = { strategy: 'external-action', plugin: 'fixer', pluginAction: 'fix' }

async function beside(ways: Partial<TellerWays> = {}, before?: (node: TestNode) => Promise<unknown>) {
  const plugins = (dir: string) => [{ name: 'pump', socketAddress: join(dir, 'pump.sock'), remediation: BLOCK }]
  const node = await nodeOf({ plugins })
  await before?.(node)
  const teller = await startTeller(join(node.dir, 'pump.sock'))
  ends.push(teller.close)
  Object.assign(teller.ways, ways)
  return { node, teller }
}

async function verdictOf({ client }: TestNode): Promise<string> {
  const { plans } = await client.call(RemediatorService.plan, { problem: '' })
  return plans.find(({ problem }) => problem?.type === 'PumpStopped')?.verdict ?? ''
}

describe('a plug-in that streams what it finds, and tells no run of its check', () => {
  it('is repaired, and proven by what it reports next', async () => {
    const { node, teller } = await beside()
    node.runner.ways.does = () => {
      teller.ways.isBroken = false
    }
    teller.ways.isBroken = true
    await expect.poll(() => node.last('verified').catch(() => undefined), POLL).toMatchObject({ verdict: 'proven' })
    expect(node.runner.begun).toHaveLength(1)
    const { problems } = await node.detector.node()
    expect(problems.filter(({ type, resolved }) => type === 'PumpStopped' && resolved === undefined)).toEqual([])
  }, 20_000)

  it('is not repaired where it falls silent with its stream open, and that is said', async () => {
    const pause = ({ client }: TestNode) =>
      client.call(RemediatorService.pause, { by: 'ann', why: 'a look first', forMs: 0 }, { timeoutMs: 5_000 })
    const { node, teller } = await beside({ isBroken: true }, (one) =>
      expect.poll(() => pause(one).then(() => true), POLL).toBe(true),
    )
    await expect.poll(() => verdictOf(node).catch(() => ''), POLL).toContain('paused by ann')
    teller.ways.isFrozen = true
    const held = async () =>
      (await node.detector.node()).conditions.find(({ type }) => type === 'PumpStopped')?.held ?? ''
    await expect.poll(held, POLL).toBe('unreachable')
    await node.client.call(RemediatorService.resume, { by: 'ann' }, { timeoutMs: 5_000 })
    await expect.poll(() => verdictOf(node), POLL).toContain('truth: its condition is held back: unreachable')
    expect(node.runner.begun).toEqual([])
  }, 20_000)

  it('is not repaired for what it tells on and on without having looked again', async () => {
    const { node } = await beside({ isBroken: true, agoMs: 180_000 })
    await expect
      .poll(() => verdictOf(node).catch(() => ''), POLL)
      .toMatch(/truth: its check has not looked for \d+ (s|min)/)
    expect(node.runner.begun).toEqual([])
  }, 20_000)
})
