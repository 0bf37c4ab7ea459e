/** What a link says of its monitor in the log and as an event of the detector's. */
import type { BreakerPolicy } from '#pace'
import type { LinkOptions } from './session.ts'

export interface LinkWords {
  /** It was started anew, for the third time or more. */
  unstable(times: number): void
  /** All tries failed that its policy has: it is asked on, and nobody is told each time. */
  exhausted(reason: string, policy: BreakerPolicy): void
  /** What it says of itself is not what the configuration says of it; the same is told once. */
  differs(differences: readonly string[]): void
}

export function createLinkWords({ known, engine, log }: LinkOptions): LinkWords {
  const { name } = known
  const entity = `monitor:${name}`
  /** As it was told last. */
  let differed = ''

  return {
    unstable(times) {
      const message = `monitor ${name} was started anew ${times} times within 10 min`
      engine.event({ reason: 'MonitorUnstable', severity: 'warning', entity, message })
    },
    exhausted(reason, { maxAttempts, maxBackoffMs }) {
      log.warn('monitor failed in all its attempts, and is asked seldom from now on', { monitor: name, reason })
      const message = `monitor ${name} did not answer in ${maxAttempts} attempts, and is asked every ${maxBackoffMs / 1000} s from now on, or once its socket is made anew: ${reason}`
      engine.event({ reason: 'MonitorLost', severity: 'warning', entity, message })
    },
    differs(differences) {
      const words = differences.join('; ')
      if (words === differed) return
      differed = words
      if (words === '') return
      log.warn('monitor says of itself what its configuration does not', { monitor: name, differences: words })
      engine.take({ kind: 'misbehaved', monitor: name, violations: differences })
    },
  }
}
