/** The run function of a check that keeps something from one look to the next. */
import type { ConditionKey } from '#model'
import type { CheckContext, CheckMemory, CheckResult, ClearedWord, RunCheck } from './types.ts'

/** A check as three pure parts around one reading. */
export interface LookParts<Config, Memory> {
  /** What it knows before its first look in this boot. */
  readonly first: Memory
  /** Looks once: what it says, and what it keeps for the next look. */
  look(context: CheckContext<Config>, memory: Memory): Promise<CheckResult & { readonly memory: Memory }>
  /** Lets go of what a person cleared. Absent: it latches nothing and counts nothing. */
  clear?(memory: Memory, word: ConditionKey): Memory
  /** What of the memory is a fact of this boot and outlives the process. Absent: nothing. */
  readonly facts?: {
    /** JSON of at most 64 KiB. */
    of(memory: Memory): unknown
    /** The memory of a process that begins, from what an earlier one remembered; from anything, since it is a file. */
    recalled(facts: unknown): Memory
  }
}

/**
 * Joins them: the memory goes from turn to turn, is recalled before the first one and remembered after each. A look that
 * throws keeps the memory as it was. One that was asked for is made in the place of the last turn: with the memory that that began
 * with, so that it is as late in every row as that was, and nothing of it is kept. What happened is told by the next turn, which sees it too.
 * @param kept `memory` of the context
 */
export function createLook<Config, Memory>(kept: CheckMemory, parts: LookParts<Config, Memory>): RunCheck<Config> {
  const { facts } = parts
  let memory = parts.first
  /** What the last turn began with. */
  let before = memory
  let isFirst = true

  async function run(context: CheckContext<Config>): Promise<CheckResult> {
    if (isFirst) {
      if (facts !== undefined) memory = facts.recalled(await kept.recall())
      before = memory
    }
    isFirst = false
    const { memory: next, ...result } = await parts.look(context, context.isAsked ? before : memory)
    if (context.isAsked) return { ...result, events: [] }
    // Of a look that a caller has set parameters for nothing is kept.
    if (Object.keys(context.parameters).length > 0) return result
    before = memory
    memory = next
    if (facts !== undefined) kept.remember(facts.of(memory))
    return result
  }

  function cleared(word: ClearedWord): void {
    // Before the first look nothing is latched, and what is known is not recalled yet.
    if (isFirst || parts.clear === undefined) return
    memory = parts.clear(memory, word)
    before = memory
    if (facts !== undefined) kept.remember(facts.of(memory))
  }

  return Object.assign(run, { cleared })
}
