/** The conditions of one file of node-problem-detector: False until a rule makes them True, and what ends that. Pure. */
import type { Config } from './config.ts'

/** A condition as it is. */
export interface ConditionNow {
  readonly type: string
  readonly isTrue: boolean
  readonly reason: string
  readonly message: string
  /** Since when; undefined: it was never anything else. */
  readonly since: Date | undefined
  /** When a rule matched last, on the monotonic clock; of one that is True. */
  readonly seenMs: number | undefined
}

/** Whatever a rule or its end says of one. */
export interface Word {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly at: Date
  /** When that is known, on the monotonic clock. */
  readonly nowMs: number
}

/** All conditions of a file. */
export interface Conditions {
  readonly all: readonly ConditionNow[]
  of(type: string): ConditionNow | undefined
  /** A rule matched. @returns whether it changed by that; undefined: it is not listed */
  raise(word: Word): boolean | undefined
  /** It is over: it says again what it says while all is well. @returns undefined: it was not True, or is not listed */
  end(type: string, at: Date | undefined): ConditionNow | undefined
  /** Takes over what was True before. One that is not listed any more is left out. */
  restore(kept: readonly ConditionNow[]): void
}

/** Of a type that stands twice the first counts. */
export function listedOf({ conditions }: Pick<Config, 'conditions'>): Config['conditions'] {
  return conditions.filter(({ type }, index) => conditions.findIndex((other) => other.type === type) === index)
}

export function createConditions(config: Pick<Config, 'conditions'>): Conditions {
  const well = new Map(listedOf(config).map((one) => [one.type, one]))
  const now = new Map<string, ConditionNow>()

  function quiet(type: string, since: Date | undefined): ConditionNow | undefined {
    const said = well.get(type)
    return said && { ...said, isTrue: false, since, seenMs: undefined }
  }
  for (const type of well.keys()) now.set(type, quiet(type, undefined) as ConditionNow)

  return {
    get all() {
      return [...now.values()]
    },
    of: (type) => now.get(type),
    raise({ type, reason, message, at, nowMs: seenMs }) {
      const before = now.get(type)
      if (before === undefined) return undefined
      const changes = !before.isTrue || before.reason !== reason
      const said = changes ? { message, since: at } : { message: before.message, since: before.since }
      now.set(type, { type, isTrue: true, reason, ...said, seenMs })
      return changes
    },
    end(type, at) {
      const before = now.get(type)
      const over = quiet(type, at)
      if (before?.isTrue !== true || over === undefined) return undefined
      now.set(type, over)
      return over
    },
    restore(kept) {
      for (const one of kept) if (well.has(one.type)) now.set(one.type, one)
    },
  }
}
