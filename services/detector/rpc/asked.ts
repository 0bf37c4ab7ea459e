/** What is asked of the detector over its socket, of the engine and of the fleet. */
import { isOpen } from '#model'
import type { Engine } from '../engine-types.ts'
import type { Fleet } from '../monitors/fleet.ts'
import type { DetectorRpcOptions } from './service.ts'

/** Checks, and what a person says: it is done here, and handed down to the monitors that have an ear for it. */
export function createAsked(
  engine: Engine,
  fleet: Fleet,
): Pick<DetectorRpcOptions, 'check' | 'monitorNames' | 'clear' | 'forget'> {
  return {
    check: fleet.check,
    monitorNames: fleet.names,
    clear(word) {
      const cleared = engine.clear(word)
      for (const { entity } of cleared) fleet.clear({ ...word, entity })
      return cleared
    },
    forget(monitor) {
      const before = [...engine.state.problems.values()].filter(isOpen)
      return fleet
        .forget(monitor)
        ?.then(() => before.flatMap(({ fingerprint }) => engine.state.problems.get(fingerprint) ?? []))
        .then((after) => after.filter((problem) => !isOpen(problem)))
    },
  }
}
