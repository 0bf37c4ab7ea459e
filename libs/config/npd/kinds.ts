/** The kinds of NPD's files. Data alone: read where no file of NPD is. */
import type { ConfigProblem } from '../errors.ts'

export const NPD_KINDS = ['log', 'plugin', 'stats', 'external'] as const

export type NpdKind = (typeof NPD_KINDS)[number]

/** Those that a monitor of ours runs; a file of the other one names a monitor outside. */
export type NpdCheckKind = Exclude<NpdKind, 'external'>

/** The check that a file of each kind is. Its condition types are as NPD's files have them, whatever they are. */
export const NPD_CHECKS = {
  log: 'npd-log',
  plugin: 'npd-plugin',
  stats: 'npd-stats',
} as const satisfies Readonly<Record<NpdCheckKind, string>>

/** Under which key of `npd` files of each kind are named. */
export const NPD_LISTS = {
  log: 'systemLogMonitors',
  plugin: 'customPluginMonitors',
  stats: 'systemStatsMonitors',
  external: 'externalMonitors',
} as const satisfies Readonly<Record<NpdKind, string>>

/**
 * Bugs of NPD that `npd.compat` brings back, and no other. By who runs the file: a line that a branch of a rule finds again (B6),
 * continuation lines within a message (B10), a `skipList` that only files have (B11), a December that is read as next year's (B15);
 * counters that add up what the kernel counts (B2), clock ticks called seconds (B3). By who tells the cluster: an event's text as a
 * format (B1), events beyond 25 of a source dropped (B13).
 */
export const NPD_BUGS = ['B1', 'B2', 'B3', 'B6', 'B10', 'B11', 'B13', 'B15'] as const

/** Run within the process of the monitor, also where nothing stands there (libs/npd-tools, which has the same). */
export const OWN_PROGRAMS: readonly string[] = [
  '/home/kubernetes/bin/health-checker',
  '/home/kubernetes/bin/log-counter',
]

export function isNpdCheck(type: string): boolean {
  return Object.values(NPD_CHECKS).some((one) => one === type)
}

/** What a file says, as the configuration of its check, or as an entry of `plugins`; durations are texts. */
export type NpdConfig = Readonly<Record<string, unknown>>

/** A file that was read. */
export interface NpdRead {
  /** Absolute. */
  readonly path: string
  /** Where it is named: "npd.systemLogMonitors[1]", "npd.dir". */
  readonly named: string
  /** Undefined where neither the configuration nor the file says it. */
  readonly kind: NpdKind | undefined
  /** Undefined where there are faults. */
  readonly config: NpdConfig | undefined
  /** The condition types that it declares, with the key of each. */
  readonly types: readonly { readonly type: string; readonly key: string; readonly where: string }[]
  /** File, line and column of a key, or of the next around it that is written. */
  readonly whereOf: (key: string) => string
  /** Under which key of the file a key of `config` is written. */
  readonly writtenAs: (key: string) => string
  readonly faults: readonly ConfigProblem[]
  readonly warnings: readonly ConfigProblem[]
}

/** All that `npd` names. */
export interface NpdReading {
  readonly files: readonly NpdRead[]
  /** Patterns of `npd.recover` that are none, by condition type: Go's words. */
  readonly badMatches: ReadonlyMap<string, string>
}
