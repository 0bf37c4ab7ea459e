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

/** A turn that has ended, or a look that was asked for. */
export interface Ran {
  readonly started: Date
  /** When it began, on the monotonic clock. */
  readonly beganMs: number
  readonly isAsked: boolean
}

export interface BesideTurns {
  /** Why the last life of the follower ended; undefined: it follows, has nothing to follow, or the next has not failed for a while. */
  readonly failure: unknown
  /** Its follower has told something, or said that it follows, and has not failed since. */
  readonly isFollowing: boolean
  /**
   * What a follower says, which follows by that: nothing of what a turn named that began after it. If it did not follow before,
   * what it had said is so again.
   * @param at when it said so
   * @throws what is wrong with it
   */
  tell(result: CheckResult, at: Moment): Said
  /** Its follower has not failed for a while: no run is a failed one by it. Whether it follows is not known by that. */
  settled(): void
  /**
   * It follows: what it said before it failed is so again, since when it was so.
   * @returns what is told of that; undefined: nothing
   */
  follows(now: Date): Said | undefined
  /** It does not follow: what its last turn did not name is unknown. */
  fail(err: unknown, observed: Date): Said
  /**
   * What a turn says that has ended well: nothing of what was told since it began; of one that does not follow what it does
   * not name is unknown.
   */
  looked(seen: CheckResult, run: Ran): Said
  /** A turn failed: what the follower did not say is unknown, and of one that does not follow everything. */
  lookFailed(err: unknown, started: Date): Said
}

const NOTHING_SAID = {
  reason: 'NothingSaid',
  message: 'its source is followed again, and has said nothing of this since',
} as const

/** What a follower said may be so again. */
const ALL = () => true

function keyText({ type, entity }: ConditionKey): string {
  return conditionKey(type, entity)
}

/** How it stands with a follower. */
function createStanding() {
  let failure: unknown
  let isSettled = false
  let isFollowing = false
  return {
    /** Why what it said is not known; undefined: it is. */
    get failure() {
      return failure
    },
    /** It has not failed again for a while. */
    get isSettled() {
      return isSettled
    },
    get isFollowing() {
      return isFollowing
    },
    settled(): void {
      isSettled = true
    },
    failed(err: unknown): void {
      failure = err
      isSettled = false
      isFollowing = false
    },
    /** @returns whether it had failed before */
    follows(): boolean {
      const hadFailed = failure !== undefined
      failure = undefined
      isFollowing = true
      return hadFailed
    },
  }
}

export function createBesideTurns(saying: Saying): BesideTurns {
  const standing = createStanding()
  let isLooking = true
  /** What the last turn named that ended well, and when it began. */
  let named: ReadonlySet<string> = new Set()
  let namedMs = Number.NEGATIVE_INFINITY
  /** What a follower said last, and when; not what a turn has named since. */
  const toldMs = new Map<string, number>()

  const isNamed = (key: string) => named.has(key)

  function without(result: CheckResult, isOlder: (key: string) => boolean): CheckResult {
    const findings = result.findings.filter(
      (finding) => !isOlder(keyText(keyOf({ entity: saying.ownEntityOf(finding.type), ...finding }))),
    )
    return { ...result, findings }
  }

  /** What the follower said before it failed. Nothing but a turn that looks knows of the rest. */
  function again(now: Date): Said['observations'] {
    if (!standing.follows()) return []
    return saying.regained(isLooking ? NOTHING_SAID : undefined, now)
  }

  return {
    get failure() {
      return standing.isSettled ? undefined : standing.failure
    },
    get isFollowing() {
      return standing.isFollowing
    },
    settled: standing.settled,
    tell(result, { time, monotonicMs }) {
      const newer = monotonicMs < namedMs ? without(result, isNamed) : result
      const said = saying.seen(newer, time, { isPart: result.partial !== false })
      for (const key of said.withdrawn) toldMs.delete(keyText(key))
      for (const observation of said.observations) toldMs.set(keyText(observation), monotonicMs)
      const before = again(time)
      return before.length === 0 ? said : { ...said, observations: [...before, ...said.observations] }
    },
    follows(now) {
      const observations = again(now)
      return observations.length === 0 ? undefined : { observations, withdrawn: [], events: [], metrics: [] }
    },
    fail(err, observed) {
      standing.failed(err)
      return saying.failed(err, observed, isNamed, ALL)
    },
    looked(seen, { started, beganMs, isAsked }) {
      const newer = without(seen, (key) => (toldMs.get(key) ?? Number.NEGATIVE_INFINITY) > beganMs)
      const said = saying.seen(newer, started, { isPart: seen.partial === true, isAsked })
      isLooking = true
      named = new Set(said.observations.map(keyText))
      namedMs = beganMs
      for (const key of [...named, ...said.withdrawn.map(keyText)]) toldMs.delete(key)
      if (standing.failure === undefined) return said
      const { observations } = saying.failed(standing.failure, started, isNamed, ALL)
      return { ...said, observations: [...said.observations, ...observations] }
    },
    lookFailed(err, started) {
      isLooking = false
      const isTold = (key: string) => toldMs.has(key)
      return saying.failed(err, started, standing.failure === undefined ? isTold : undefined, isTold)
    },
  }
}
