/** What turns of a check and its following say of the same conditions: the later look counts, and a failure of one is no failure of the other. */
import { type ConditionKey, conditionKey } from '#model'
import { keyOf } from './evaluate/entity.ts'
import type { Said, Saying } from './saying.ts'
import type { CheckResult } from './types.ts'

/** A moment on both clocks. */
export interface Moment {
  readonly time: Date
  readonly monotonicMs: number
}

export interface BesideTurns {
  /** Why it does not follow its source now; undefined: it does, or has nothing to follow. */
  readonly failure: unknown
  /**
   * What a follower says: nothing of what a turn named that began after it.
   * @param at when it said so
   * @throws what is wrong with it
   */
  tell(result: CheckResult, at: Moment): Said
  follows(): void
  /** It does not follow: what its last turn did not name is unknown. */
  fail(err: unknown, observed: Date): Said
  /**
   * What a turn says that has ended well: nothing of what was told since it began; of one that does not follow what it does
   * not name is unknown.
   * @param beganMs on the monotonic clock
   */
  looked(seen: CheckResult, started: Date, beganMs: number): Said
}

function keyText({ type, entity }: ConditionKey): string {
  return conditionKey(type, entity)
}

export function createBesideTurns(saying: Saying): BesideTurns {
  let failure: unknown
  /** What the last turn named, and when it began. */
  let named: ReadonlySet<string> = new Set()
  let namedMs = Number.NEGATIVE_INFINITY
  /** What a follower told since the last turn began, and when. */
  const toldMs = new Map<string, number>()

  function without(result: CheckResult, isOlder: (key: string) => boolean): CheckResult {
    const findings = result.findings.filter(
      (finding) => !isOlder(keyText(keyOf({ entity: saying.ownEntity, ...finding }))),
    )
    return { ...result, findings }
  }

  function notOlder(result: CheckResult, beganMs: number): CheckResult {
    const newer = without(result, (key) => (toldMs.get(key) ?? Number.NEGATIVE_INFINITY) > beganMs)
    toldMs.clear()
    return newer
  }

  return {
    get failure() {
      return failure
    },
    tell(result, { time, monotonicMs }) {
      const newer = monotonicMs < namedMs ? without(result, (key) => named.has(key)) : result
      const said = saying.seen(newer, time, result.partial !== false)
      for (const observation of said.observations) toldMs.set(keyText(observation), monotonicMs)
      return said
    },
    follows() {
      failure = undefined
    },
    fail(err, observed) {
      failure = err
      return saying.failed(err, observed, named)
    },
    looked(seen, started, beganMs) {
      const said = saying.seen(notOlder(seen, beganMs), started, seen.partial === true)
      named = new Set(said.observations.map(keyText))
      namedMs = beganMs
      if (failure === undefined) return said
      const { observations } = saying.failed(failure, started, named)
      return { ...said, observations: [...said.observations, ...observations] }
    },
  }
}
