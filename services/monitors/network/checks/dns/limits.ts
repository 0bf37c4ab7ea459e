/** From when on something lasts, by the keys of a `network-dns-check`. */
import type { StandingLimits } from '../../probing/standing.ts'
import type { Config } from './config.ts'

export function limitsOf({ sustainedChecks, windowSize, failureRatio }: Config): StandingLimits {
  return { needed: sustainedChecks, windowSize, failureRatio: failureRatio >= 1 ? 2 : failureRatio }
}
