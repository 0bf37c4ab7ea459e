/** A rule of a pack, as `services/monitors/log/packs/*.json` has it. */

/** How bad what a rule tells is. */
export type PackSeverity = 'info' | 'warning' | 'error' | 'critical'

/** What proves that a condition is over; any of it does. */
export interface PackRecovery {
  /** A line that says so, of the entity that its groups give. */
  readonly match?: string
  /** No line matched for so long, a duration: "15m". */
  readonly absentFor?: string
  readonly reboot?: boolean
  /** The file system on the disk of the entity is unmounted. */
  readonly unmounted?: boolean
}

/** A rule of a pack, at run time. */
export interface PackRule {
  /** Unique over all packs, aliases included. */
  readonly name: string
  /** Names that other programs have for it: what was written for them finds it. */
  readonly aliases: readonly string[]
  readonly reason: string
  /** Condition type that a line raises; without one each line is an event. */
  readonly condition?: string
  readonly severity: PackSeverity
  /** Regular expression of Go, looked for within one line. */
  readonly pattern: string
  /** What it is about, with groups of the pattern: "disk:${dev}"; nothing: the node. */
  readonly entity?: string
  /** What is told, with groups of the pattern. */
  readonly message: string
  /** How often lines must match before anything is told; without it each one is. `within` is a duration. */
  readonly threshold?: { readonly count: number; readonly within: string }
  /** Of a condition. */
  readonly recover?: PackRecovery
  /** What a line says also that comes of unmounting: right behind that it is told only where the file system is mounted again. */
  readonly atUnmount?: string
}

/** A line that a rule tells, and who wrote it so: a version and its source file, or the address of a public report. */
export interface PackLine {
  readonly text: string
  readonly from: string
}

/** A rule as its file has it: with what it tells, and with what it must not tell. */
export interface DocumentedRule extends PackRule {
  readonly lines: readonly PackLine[]
  /** Lines that look alike and are none of its, nor of any other rule's. */
  readonly misses: readonly string[]
}
