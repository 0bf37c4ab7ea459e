import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { startLoud } from './testing-loud.ts'
import { nodesOfTests, type TestNode } from './testing-node.ts'

const nodeOf = nodesOfTests()
const POLL = { timeout: 30_000, interval: 50 }
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** What would be done about a problem of the loud plug-in, in words. */
async function ofLoud({ client }: TestNode): Promise<string> {
  const { plans } = await client.call(RemediatorService.plan, { problem: '' })
  return plans.find(({ problem }) => problem?.type === 'LoudBroken')?.verdict ?? ''
}

describe('beside a plug-in that says more than it may', () => {
  it('what others find is repaired and proven at once, and nothing is done about what it says itself', async () => {
    const repair = { strategy: 'external-action', plugin: 'fixer', pluginAction: 'fix', mode: 'observe' }
    const node = await nodeOf({
      plugins: (dir) => [{ name: 'loud', socketAddress: join(dir, 'loud.sock'), remediation: repair }],
    })
    const loud = await startLoud(join(node.dir, 'loud.sock'))
    ends.push(loud.close)
    node.runner.ways.does = () => {
      node.lamp.isBroken = false
    }
    await expect.poll(() => ofLoud(node).catch(() => ''), POLL).toContain('loud says more than it may')
    node.lamp.isBroken = true
    const brokenMs = performance.now()
    await node.detector.client.call(DetectorService.check, { monitor: 'tiny', check: 'lamp' }, { timeoutMs: 5_000 })
    await expect.poll(() => node.last('verified'), POLL).toMatchObject({ verdict: 'proven' })
    expect(performance.now() - brokenMs).toBeLessThan(10_000)
    expect(node.runner.begun).toHaveLength(1)
    expect(await ofLoud(node)).toContain('loud says more than it may')
  }, 120_000)
})
