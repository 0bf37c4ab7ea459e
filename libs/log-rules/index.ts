/** The rules for logs that come with Node Doctor, for whoever uses or shows them. */
export { isCalled, PACKS, type Pack, packOf } from './packs.ts'
export type {
  CreateRehearsal,
  Rehearsal,
  RehearsalResult,
  RehearsedCheck,
  RehearsedCondition,
  RehearsedEvent,
  RehearsedMetric,
} from './rehearsal.ts'
export type { DocumentedRule, PackLine, PackRecovery, PackRule, PackSeverity } from './types.ts'
