/** How many of a draw answer. Pure. */
import type { AskedPeer } from './asking.ts'
import type { Config } from './config.ts'

/** Of a draw so many have to be judged, or nothing is said of it. */
const LEAST_JUDGED = 0.5

export interface Answering {
  readonly answering: number
  readonly silent: readonly AskedPeer[]
  /** Of those who could be judged, 0 to 100. */
  readonly percent: number
  /** Enough of them could be judged. */
  readonly isJudged: boolean
}

export function countAnswering(asked: readonly AskedPeer[]): Answering {
  const answering = asked.filter(({ small }) => small === 'answers').length
  const silent = asked.filter(({ small }) => small === 'silent')
  const judged = answering + silent.length
  return {
    answering,
    silent,
    percent: judged === 0 ? 0 : (answering * 100) / judged,
    isJudged: judged > 0 && judged >= asked.length * LEAST_JUDGED,
  }
}

/** Whether too few answer; undefined: this draw says nothing of that. */
export function isTooFew(asked: readonly AskedPeer[], { minReachablePeers }: Config): boolean | undefined {
  const { percent, isJudged } = countAnswering(asked)
  return isJudged ? percent < minReachablePeers : undefined
}
