import { describe, expect, it } from 'vitest'
import { conditionKey } from './keys.ts'
import type { MonitorDeclaration } from './state.ts'
import { conditionType, createWorld, declaration, observation, report } from './testing.ts'

const OURS = declaration('gpu', [
  conditionType('GPUHealthy', {
    polarity: 'true-is-healthy',
    label: 'GPUs not healthy',
    recoveryText: 'none of them',
    shared: true,
  }),
])

function plugIn(name: string, more: Partial<MonitorDeclaration> = {}): MonitorDeclaration {
  return declaration(name, [conditionType('GPUHealthy', { shared: true })], { origin: 'configured', ...more })
}

type Health = 'problem' | 'healthy'

/** What the node's condition says when these say it, in the order in which they come. */
function told(...said: readonly (readonly [MonitorDeclaration, Health])[]) {
  const world = createWorld()
  let ms = 0
  for (const [declared] of said) world.take({ kind: 'declared', declaration: declared, incarnation: 7 }, ms++)
  for (let look = 0; look < 3; look++) {
    for (const [{ name }, health] of said) {
      ms += 10_000
      const observations = [observation('GPUHealthy', health)]
      world.take({ kind: 'report', monitor: name, report: report(observations), violations: [] }, ms)
    }
  }
  const { status, health, polarity, label, recovery } = world.state.conditions.get(conditionKey('GPUHealthy', '')) ?? {}
  return { status, health, polarity, label, recovery }
}

describe('a condition that a monitor of ours and a plug-in say', () => {
  const well = { polarity: 'true-is-healthy', label: 'GPUs not healthy', recovery: 'none of them' }

  it('moves when the plug-in alone is ill, and has the words and the polarity of ours whoever decides it', () => {
    for (const name of ['a-plug-in', 'z-plug-in']) {
      const other = plugIn(name)
      expect(told([OURS, 'healthy'], [other, 'healthy'])).toEqual({ ...well, status: 'True', health: 'healthy' })
      expect(told([OURS, 'healthy'], [other, 'problem'])).toEqual({ ...well, status: 'False', health: 'problem' })
      expect(told([other, 'problem'], [OURS, 'healthy'])).toEqual({ ...well, status: 'False', health: 'problem' })
      expect(told([OURS, 'problem'], [other, 'healthy'])).toEqual({ ...well, status: 'False', health: 'problem' })
      expect(told([OURS, 'problem'], [other, 'problem'])).toEqual({ ...well, status: 'False', health: 'problem' })
    }
  })

  it('keeps the words of ours after a restart, until ours has declared itself again', () => {
    const world = createWorld()
    world.take({ kind: 'declared', declaration: OURS, incarnation: 7 }, 0)
    world.take({ kind: 'declared', declaration: plugIn('a'), incarnation: 7 }, 1)
    for (const [ms, monitor, health] of [
      [2, 'gpu', 'healthy'],
      [3, 'a', 'problem'],
    ] as const)
      world.take({ kind: 'report', monitor, report: report([observation('GPUHealthy', health)]), violations: [] }, ms)
    world.state.declarations.clear()
    world.take({ kind: 'declared', declaration: plugIn('a'), incarnation: 7 }, 10)
    const observations = [observation('GPUHealthy', 'problem', { message: 'still' })]
    world.take({ kind: 'report', monitor: 'a', report: report(observations), violations: [] }, 20)
    const condition = world.state.conditions.get(conditionKey('GPUHealthy', ''))
    expect(condition).toMatchObject({ ...well, status: 'False', health: 'problem', message: 'still' })
  })

  it('has the polarity of the plug-in where no monitor of ours is here', () => {
    expect(told([plugIn('vendor'), 'problem'])).toMatchObject({ status: 'True', polarity: 'true-is-problem' })
    expect(told([plugIn('vendor'), 'healthy'])).toMatchObject({ status: 'False', polarity: 'true-is-problem' })
  })
})
