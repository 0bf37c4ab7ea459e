import { describe, expect, it } from 'vitest'
import { startTestRemediator } from '../../libs/bus/testing-remediator.ts'
import { ended, refused, sightOf, started, verified } from '../../libs/view/testing-repairs.ts'
import { eventsOf, scenesOfTests } from './testing-scene.ts'

const { scene, onTestFinished } = scenesOfTests()

const SLOW = { timeout: 30_000 }
const SOON = { timeout: 15_000 }

const FIRST = [
  'Normal RemediationRefused x1: clean up /var/log for DiskFull of /var is held back by cooldown: it was done 2 min ago, again after 10 min',
  'Normal RemediationStarted x1: clean up /var/log (attempt 1 of 3) for DiskFull of /var',
  'Normal RemediationSucceeded x1: clean up /var/log (attempt 1 of 3) for DiskFull of /var: 2 checks in a row find it well',
]

describe('repairs as events', SLOW, () => {
  it('are told once: what began, what came of it, what held it back, and what happens to a breaker', async () => {
    const node = await scene()
    const remediator = startTestRemediator(node.bus)
    onTestFinished(async () => remediator.stop())
    for (const what of [refused(), started(), ended(), verified()]) remediator.says(what)
    await expect.poll(() => eventsOf(node), SOON).toEqual(FIRST)
    const another = { attempt: '3f2a91c0-2' }
    remediator.says(started({ ...another, number: 2 }))
    remediator.says(ended({ ...another, outcome: 'failed', message: 'exit code 1' }))
    remediator.says({ kind: 'breaker', state: 'open', failures: 5, forMs: 1_800_000 })
    remediator.says({ kind: 'exhausted', problem: sightOf(), mode: 'act' })
    await expect
      .poll(() => eventsOf(node).slice(3), SOON)
      .toEqual([
        'Normal RemediationStarted x1: clean up /var/log (attempt 2 of 3) for DiskFull of /var',
        'Warning RemediationFailed x1: clean up /var/log (attempt 2 of 3) for DiskFull of /var: exit code 1',
        'Warning RemediationBreakerOpened x1: the breaker of all repairs of this node is open after 5 failures in a row: nothing is begun for 30 min',
        'Warning RemediationExhausted x1: every strategy for DiskFull of /var is used up; it is left to people',
      ])
  })

  it('are told once over a restart in between, and to a store that is told all of them again', async () => {
    const node = await scene()
    const remediator = startTestRemediator(node.bus)
    onTestFinished(async () => remediator.stop())
    remediator.says(refused())
    remediator.says(started())
    await expect.poll(() => eventsOf(node), SOON).toEqual(FIRST.slice(0, 2))
    await node.exporter.stop()
    await node.again()
    remediator.says(ended())
    remediator.says(verified())
    await expect.poll(() => eventsOf(node), SOON).toEqual(FIRST)
    await node.detector.writer.ensureStore({ node: 'worker-7', bootId: 'b2' })
    await expect.poll(() => remediator.publication.status().told, SOON).toBe(8)
    remediator.says({ kind: 'resumed', by: 'ada@w1' })
    await expect
      .poll(() => eventsOf(node), SOON)
      .toEqual([...FIRST, 'Normal RemediationResumed x1: ada@w1 resumed repairs'])
    const created = node.api.requests.filter(({ verb, resource }) => verb === 'create' && resource === 'events')
    expect(created).toHaveLength(4)
  })

  it('of a dry run say what would be done, and nothing else', async () => {
    const node = await scene()
    const remediator = startTestRemediator(node.bus)
    onTestFinished(async () => remediator.stop())
    const mode = 'dry-run' as const
    for (const what of [refused({ mode }), started({ mode }), ended({ outcome: 'declined' })]) remediator.says(what)
    remediator.says({ kind: 'paused', by: 'ada@w1', why: 'new firmware', forMs: 7_200_000 })
    await expect
      .poll(() => eventsOf(node), SOON)
      .toEqual([
        'Normal RemediationDryRun x1: clean up /var/log (attempt 1 of 3) for DiskFull of /var',
        'Normal RemediationPaused x1: ada@w1 paused repairs for 2 h: new firmware',
      ])
  })
})
