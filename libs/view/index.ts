/** From the model to what people are shown. Pure, one evaluator for page, CLI and API. */
export { applyStreamMessage, diffNodeViews } from './change.ts'
export { cleanSeriesKey, firstLine } from './clean.ts'
export { connectionWords, failureWords } from './connection.ts'
export { ACTION_WORDS, actionWords, type DetailView, OBSERVED_ONLY, renderDetail, subjectWords } from './detail.ts'
export * from './duration.ts'
export * from './facts.ts'
export { conditionId, conditionLink } from './ids.ts'
export { compareConditions, compareLevel, compareMonitors, compareProblems, compareResolved, levelOf } from './level.ts'
export { renderEvent, renderMonitor } from './monitor.ts'
export { createViewMemo, renderNodeView, type ViewMemo } from './node.ts'
export { LEVEL_WORDS, limitOf, renderEvidence, renderNumber, renderPlainText, renderQuantity } from './plain.ts'
export { type HistoryEntry, renderRepairHistory } from './repair-history.ts'
export type { AttemptView, FigureView, RemediationView, RepairState, RepairView } from './repair-types.ts'
export {
  renderAttempt,
  renderRemediation,
  renderRepair,
  repairWord,
  stateOfAttempt,
} from './repair-view.ts'
export {
  createRepairs,
  type ProblemRepairs,
  type RepairAttempt,
  type RepairBreaker,
  type RepairFacts,
  type RepairPause,
  type RepairRefusal,
  type Repairs,
} from './repairs.ts'
export { withoutSums } from './sums.ts'
export type * from './types.ts'
export { evaluateVerdict, type VerdictInput } from './verdict.ts'
export { overWords, type Words, wordsToText } from './words.ts'
