export type { Admission } from './admission.ts'
export * from './admit.ts'
export { eventKey, hasOwnKey } from './admit-event.ts'
export { admitReason, isVerbatimName, MAX_CLOCK_DIFFERENCE_MS, MAX_KEPT_MS, MAX_NAME } from './admit-words.ts'
export * from './annotation-keys.ts'
export { entitiesCalled, entityWord, meantBy, type PersonsWord, problemsOf, tellsPersonsWord } from './clear.ts'
export * from './damping.ts'
export { decide, type Input, reduce, UNDECLARED_EVENT_RULES } from './decide.ts'
export { ACTIONS, type Action, cleanDetail, type Detail, detailOf, MAX_SUBJECT } from './detail.ts'
export { INITIAL_CHECK, isInitial } from './initial.ts'
export { admitKept } from './kept-event.ts'
export * from './keys.ts'
export * from './kubelet.ts'
export * from './limits.ts'
export * from './liveness.ts'
export { BEING_WATCHED, CLEARED } from './merge.ts'
export { DETECTOR_CONDITIONS, DETECTOR_EVENTS } from './monitor-life.ts'
export { CAMEL_CASE, namedTypes, TYPES_PATH, type TypesOfWords, textsAt } from './named-types.ts'
export { type NodeNames, nodeNameOf } from './node-name.ts'
export * from './npd-metric-name.ts'
export { FORGET_AFTER_MS } from './orphans.ts'
export type { Silenced } from './owners.ts'
export { plainAddress } from './plain-address.ts'
export { DETECTOR, isOpen, nextAbsenceMs, RESOLVED_KEPT } from './problem.ts'
export { provenAt } from './proven.ts'
export { asRules, recoveryWords } from './recovery.ts'
export * from './remediation.ts'
export { bytesOf, type Holdings, NO_HOLDINGS } from './room.ts'
export * from './severity.ts'
export { NOT_SUSTAINED } from './shadow.ts'
export {
  applyChanges,
  type Change,
  copyState,
  createState,
  type DeclaredCheck,
  type MonitorDeclaration,
  type NodeState,
} from './state.ts'
export { isSumOf, type Summed } from './sums.ts'
export { count, type Tally } from './tally.ts'
export * from './text.ts'
export * from './types.ts'
