/** Whether a check has named every condition that it watches, and all of them were told: what nobody names then is no longer watched. */
import type { CheckResult } from './types.ts'

/** After this many runs a check has named every condition it watches. */
const WHOLE_RUNS = 2

/** Whether it has. */
export interface Whole {
  readonly isWhole: boolean
  /**
   * A run has ended well.
   * @param error what of it is not told; "": nothing
   * @param isAsked it was asked for: it knows no more than the turn before it. Default false
   * @returns whether it is one that names all
   */
  saw(result: CheckResult, error: string, isAsked?: boolean): boolean
  /** A follower told something. @param error what of it is not told; "": nothing */
  heard(result: CheckResult, error: string): void
}

/** Whether something was named that is not told. What names all that there is says it anew, what names a part only adds to it. */
function createLeftOut() {
  let isOne = false
  return {
    get isOne() {
      return isOne
    },
    named(isPart: boolean, error: string): void {
      isOne = error !== '' || (isPart && isOne)
    },
  }
}

/** @param isFollowed its follower, if it has one, follows: what that alone knows is named */
export function createWhole(isFollowed: () => boolean): Whole {
  /** Runs that saw everything they should. One alone may lack what needs two readings. */
  let runs = 0
  const [byTurns, byFollower] = [createLeftOut(), createLeftOut()]
  const isWhole = () => runs >= WHOLE_RUNS && isFollowed() && !byTurns.isOne && !byFollower.isOne
  return {
    get isWhole() {
      return isWhole()
    },
    saw({ partial }: CheckResult, error: string, isAsked = false): boolean {
      byTurns.named(partial === true, error)
      if (partial === true) return false
      if (error === '' && !isAsked) runs++
      return isWhole()
    },
    heard({ partial }: CheckResult, error: string): void {
      byFollower.named(partial !== false, error)
    },
  }
}
