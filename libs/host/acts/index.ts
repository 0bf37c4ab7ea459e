/** What is done to a machine: units, programs. The one door for it, and host-actions alone goes through it. */
export * from './acts.ts'
export type { Inhibitor, Logind } from './logind.ts'
export type * from './program-types.ts'
export type * from './types.ts'
