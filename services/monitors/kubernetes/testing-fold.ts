/** What the detector makes of what a check says in turn. */
import type { CheckDefinition, CheckResult } from '#monitor-kit'
import type { HandClock } from '#monitor-kit/testing'
import { handClock } from '#monitor-kit/testing'
import { conditionKey } from '../../../libs/model/keys.ts'
import { conditionType, createWorld, declaration, report, T0 } from '../../../libs/model/testing.ts'
import { observationOf } from '../../../libs/monitor-kit/findings.ts'

/** A clock that begins when the detector's does. */
export function foldClock(): HandClock {
  return handClock(new Date(T0))
}

/** A detector that has heard of a check. @param clock of {@link foldClock} */
// biome-ignore lint/suspicious/noExplicitAny: a check of every configuration type
export function createFold({ type: check, conditions }: CheckDefinition<any, any>, clock: HandClock) {
  const world = createWorld()
  const types = conditions.map(({ type }) => conditionType(type))
  world.take({ kind: 'declared', declaration: declaration('kubernetes', types), incarnation: 7 }, 0)
  const phases = new Map<string, string>()
  return {
    /**
     * Takes what a turn said that began just now.
     * @returns problems that were opened or over by it: "opened KubeletCutOff"
     */
    take({ findings }: CheckResult): readonly string[] {
      const now = clock.now()
      const observations = findings.map((finding) => observationOf(finding, check, now))
      const said = {
        kind: 'report',
        monitor: 'kubernetes',
        violations: [],
        report: report(observations, { time: now }),
      }
      const changes = world.take(said as Parameters<typeof world.take>[0], now.getTime() - T0)
      return changes.flatMap((change) => {
        if (change.kind !== 'problem' || change.value === undefined) return []
        const { phase, type, fingerprint } = change.value
        const isSame = phases.get(fingerprint) === phase
        phases.set(fingerprint, phase)
        return isSame ? [] : [`${phase} ${type}`]
      })
    },
    /** What counts now. */
    healthOf: (type: string, entity = '') => world.state.conditions.get(conditionKey(type, entity))?.health,
  }
}
