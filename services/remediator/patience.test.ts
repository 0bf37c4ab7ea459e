import { describe, expect, it } from 'vitest'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { nodesOfTests } from './testing-node.ts'

const nodeOf = nodesOfTests()
const POLL = { timeout: 15_000, interval: 50 }

/** A plug-in that takes a second and a half to say whether it could. */
async function slowly(timeout: string) {
  const node = await nodeOf({ action: { timeout } })
  node.runner.ways.answersAfterMs = 1_500
  const { client } = node.detector
  node.lamp.isBroken = true
  const look = () => client.call(DetectorService.check, { monitor: 'tiny', check: 'lamp' }, { timeoutMs: 5_000 })
  await expect.poll(() => look().then(() => true), POLL).toBe(true)
  return node
}

describe('timeout of remediation.actions', () => {
  it('is how long a plug-in may take to say whether it could', async () => {
    const patient = await slowly('2s')
    await expect.poll(() => patient.runner.begun.length, POLL).toBe(1)
  }, 20_000)

  it('is over for one that takes longer, of which nothing is asked then', async () => {
    const hasty = await slowly('1s')
    const verdict = async () =>
      (await hasty.client.call(RemediatorService.plan, { problem: '' })).plans.at(0)?.verdict ?? ''
    await expect.poll(() => verdict().catch(() => ''), POLL).toContain('fit: fixer did not answer')
    expect(hasty.runner.begun).toEqual([])
  }, 20_000)
})
