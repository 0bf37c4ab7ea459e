/** The engine of each life of a check, and what it knows of earlier ones. */
import type { Clock } from '#clock'
import type { ConditionsFile, Recalled } from './conditions-file.ts'
import { createRuleEngine, type RuleEngine } from './engine.ts'
import { restore } from './snapshot.ts'
import type { Rule } from './types.ts'

function engineOf(cursor: unknown): unknown {
  return typeof cursor === 'object' && cursor !== null && 'engine' in cursor ? cursor.engine : undefined
}

/** The engine of each life, with what an earlier one left. */
export function createEngines(rules: readonly Rule[], file: ConditionsFile, clock: Clock) {
  const matched = new Map<Rule, number>()
  let engine: RuleEngine | undefined
  /** What an earlier process left; undefined: it could not be read yet. */
  let recalled: Recalled | undefined
  /** It is known to `engine`. */
  let isTaken = false
  return {
    matched,
    get current() {
      return engine
    },
    /** What an earlier process left is known. */
    get isKnown() {
      return isTaken && engine?.doubts.all.length === 0
    },
    /** What an earlier process left is taken into account. */
    get isTaken() {
      return isTaken
    },
    /** Tries to read it, where it could not be. @returns whether it can be now */
    async readAgain(): Promise<boolean> {
      if (engine === undefined || recalled !== undefined) return false
      // Where it is not known which boot this is, whoever follows says so: here it is not known yet.
      recalled = await file.recall(rules).catch(() => undefined)
      return recalled !== undefined && !isTaken
    },
    /** Keeps what is raised. @returns whether it stands there: never by one that does not know what stood there */
    async keep(of: RuleEngine): Promise<boolean> {
      return of === engine && isTaken && (await file.keep(of, rules))
    },
    /** As of a cursor, with the conditions that are raised. */
    async at(cursor: unknown): Promise<RuleEngine> {
      recalled ??= await file.recall(rules)
      const doubtful = isTaken ? engine?.doubts.all : (recalled?.doubtful ?? rules.map(({ id }) => id))
      const before = [...(isTaken ? [] : (recalled?.raised ?? [])), ...(engine?.raised ?? [])]
      isTaken = recalled !== undefined
      engine = createRuleEngine(rules, matched)
      restore(engine, engineOf(cursor))
      for (const raised of before) engine.recall(raised)
      engine.doubts.begin(doubtful ?? [], clock.monotonicMs())
      return engine
    },
  }
}
