import { expect, test } from 'vitest'
import { nodeEvent, nodeProblem } from '../testing-exporter.ts'
import { type Teller, withinScope } from './scope.ts'

/** What was handed on, in words. */
async function toldWithin(scope: 'all' | 'npd'): Promise<readonly string[]> {
  const told: string[] = []
  const sender: Teller = {
    event: async ({ check }) => void told.push(`event of ${check}`),
    problem: async () => void told.push('problem'),
    repair: async () => void told.push('repair'),
    missed: (stream, count) => void told.push(`${count} missed of ${stream}`),
  }
  const teller = withinScope(scope, sender, ({ check }) => (check === 'kernel-monitor' ? 'kernel' : undefined))
  await teller.event(nodeEvent({ check: 'kernel-monitor' }))
  await teller.event(nodeEvent({ check: 'disk' }))
  await teller.problem(nodeProblem())
  await teller.repair({ event: nodeEvent({ monitor: 'remediator' }), journal: 'j', sequence: 1 })
  teller.missed('EVENTS', 3)
  return told
}

test('for files of node-problem-detector alone nothing is told but their events, not even that some were missed', async () => {
  expect(await toldWithin('npd')).toEqual(['event of kernel-monitor'])
  expect(await toldWithin('all')).toEqual([
    'event of kernel-monitor',
    'event of disk',
    'problem',
    'repair',
    '3 missed of EVENTS',
  ])
})
