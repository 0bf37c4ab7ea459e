/**
 * What is told of a plug-in's conditions before it has spoken of them, as node-problem-detector tells it: well, in the words that the
 * configuration has for it. An answer that leaves such a condition out takes nothing of it back, since nobody spoke of it yet.
 */
import { INITIAL_CHECK, isInitial as isInitialWord, type Observation, type SourceCondition } from '#model'
import type { KnownMonitor } from './declare.ts'

/** Of the conditions that have a reason. */
export function initialStatus({ conditions }: Pick<KnownMonitor, 'conditions'>): readonly Observation[] {
  return conditions.flatMap(({ type, reason, message = '' }) =>
    reason === undefined
      ? []
      : [{ type, entity: '', health: 'healthy', severity: 'info', reason, message, summary: '', check: INITIAL_CHECK }],
  )
}

/** Whether nobody has spoken of it yet. */
export function isInitial({ observation }: SourceCondition): boolean {
  return isInitialWord(observation)
}
