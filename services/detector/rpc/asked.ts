/** What is asked of the detector over its socket, of the engine and of the fleet. */
import { isOpen, type Problem } from '#model'
import type { Logger } from '#service'
import type { Engine } from '../engine-types.ts'
import type { Expecting } from '../expected-here.ts'
import type { Fleet } from '../monitors/fleet.ts'
import type { DetectorRpcOptions } from './service.ts'

/** Who is asked. */
export interface AskedOptions {
  readonly engine: Engine
  readonly fleet: Fleet
  readonly expecting: Pick<Expecting, 'cleared'>
  readonly log: Pick<Logger, 'warn'>
}

/** Monitors of which these problems say that they do not answer. */
function unreachableIn(problems: readonly Problem[]): readonly string[] {
  const unreachable = problems.filter(({ type }) => type === 'MonitorUnreachable')
  return unreachable.map(({ entity }) => entity.replace(/^monitor:/, ''))
}

/** Checks, and what a person says: it is done here, and handed down to the monitors that have an ear for it. */
export function createAsked({
  engine,
  fleet,
  expecting,
  log,
}: AskedOptions): Pick<DetectorRpcOptions, 'check' | 'monitorNames' | 'clear' | 'forget'> {
  return {
    check: fleet.check,
    monitorNames: fleet.names,
    clear(word) {
      const cleared = engine.clear(word)
      for (const { entity } of cleared) fleet.clear({ ...word, entity })
      expecting
        .cleared(unreachableIn(cleared))
        .catch((err: unknown) => log.warn('a monitor is expected although a person cleared that', { err }))
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
