/** From when on something lasts, by the keys of a `network-gateway-check`. */
import type { StandingLimits } from '../../probing/standing.ts'
import type { Config } from './config.ts'

export function limitsOf({ sustainedChecks }: Config): StandingLimits {
  return { needed: sustainedChecks, windowSize: 1, failureRatio: 2 }
}
