export { type EveryOptions, every } from './every.ts'
export { systemClock } from './system.ts'
export type * from './types.ts'
export { aborted, within } from './within.ts'
