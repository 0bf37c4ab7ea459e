/** The package has no types of its own; these are of what is used here. */
declare module '@bcoe/v8-coverage' {
  import type { Profiler } from 'node:inspector'

  export interface ProcessCoverage {
    readonly result: Profiler.ScriptCoverage[]
  }
  /** Adds up what several runs of the same scripts counted. */
  export function mergeProcessCovs(runs: readonly ProcessCoverage[]): ProcessCoverage
}
