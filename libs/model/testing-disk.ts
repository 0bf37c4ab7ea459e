/** A world of one monitor with one disk, for tests of the reducer. */
import { fingerprintOf } from './keys.ts'
import type { Change } from './state.ts'
import { conditionType, createWorld, declaration, observation, type Recovery, report } from './testing.ts'
import { DEFAULT_RECOVERY, type Health, type Problem } from './types.ts'

export const DISK = fingerprintOf('system', 'DiskFull', 'disk:/var')

export function told(changes: readonly Change[]): Problem[] {
  return changes.flatMap((change) => (change.kind === 'problem' && change.told ? [change.value] : []))
}

export function worldWithDisk(recovery: Recovery = DEFAULT_RECOVERY) {
  const world = createWorld()
  world.take(
    { kind: 'declared', declaration: declaration('system', [conditionType('DiskFull', { recovery })]), incarnation: 7 },
    0,
  )
  const say = (health: Health, ms: number, more = {}) =>
    world.take(
      {
        kind: 'report',
        monitor: 'system',
        violations: [],
        report: report([observation('DiskFull', health, { entity: 'disk:/var', ...more })]),
      },
      ms,
    )
  return { world, say }
}
