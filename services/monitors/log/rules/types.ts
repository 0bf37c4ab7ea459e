/** Rules as the engine has them, and what it says of a line. */

import type { Instant, Severity } from '#model'
import type { Pattern, Template } from '#pattern'
import type { Driver } from './mount-lines.ts'

/** When a line is looked at. */
export interface Moment extends Instant {
  /** On the monotonic clock: no line that is looked at was written before. Default: nobody knows */
  readonly writtenSinceMs?: number
}

/** What ends the condition of a rule. */
export interface Recovery {
  /** A line that says so, and of which entity; without one: of all. */
  readonly clearing: { readonly match: Pattern; readonly entity: Template | undefined } | undefined
  /** 0: not by absence. */
  readonly absentMs: number
  readonly reboot: boolean
  /** The file system on the disk that its entity names is unmounted. */
  readonly unmounted: boolean
}

/** A rule that lines are held against. */
export interface Rule {
  /** In metrics: that of the pack, or its reason, told apart by its number where several have one. */
  readonly name: string
  /** What it is known by over a restart: it follows from what the rule says, not from its place. */
  readonly id: string
  readonly reason: string
  readonly severity: Severity
  readonly match: Pattern
  /** Over so many lines a match may reach, 1 and more. */
  readonly lines: number
  /** Undefined: the lines that matched. */
  readonly message: Template | undefined
  readonly entity: Template
  /** Condition type; undefined: each match is an event. */
  readonly condition: string | undefined
  readonly recovery: Recovery
  /** What a line says also that comes of unmounting, where it is said right behind that; undefined: none does, but where that ends it any. */
  readonly atUnmount: Pattern | undefined
  /** So many matches of an entity within so long; undefined: each counts. */
  readonly threshold: { readonly count: number; readonly withinMs: number } | undefined
  /** 0: none. */
  readonly cooldownMs: number
}

/** A condition that a rule has raised. */
export interface Raised {
  readonly type: string
  /** "": that of the check. */
  readonly entity: string
  readonly ruleId: string
  readonly reason: string
  readonly severity: Severity
  readonly message: string
  /** When the first line matched, by that line. */
  readonly sinceMs: number
  /** When the last one did, on the monotonic clock; where its absence ends it, or when something of the log was lost since. */
  readonly seenMonoMs: number
  /** Who lists whether it is mounted; default: nobody does. */
  readonly driver?: Driver
  /** It is said right behind its unmount, and told only where it is found to be mounted. Default: no */
  readonly isHeld?: boolean
}

/** No rule holds a condition any more. */
export interface Over {
  readonly kind: 'over'
  readonly type: string
  readonly entity: string
  readonly reason: string
  readonly message: string
  /** Whose line says so: it has not raised it any more, whatever else it has. Default: nobody’s */
  readonly by?: Rule
}

/** What the engine tells of a line. */
export type RuleNews =
  | {
      readonly kind: 'event'
      readonly rule: Rule
      readonly entity: string
      readonly message: string
      readonly at: Date
      readonly key: string
    }
  /** The condition is a problem: by the worst that its rules say of it. */
  | { readonly kind: 'problem'; readonly raised: Raised }
  /** No rule holds it any more. */
  | Over
  /** So many texts of a rule were not told one by one: of a second too many, or of too many entities. */
  | {
      readonly kind: 'omitted'
      readonly rule: Rule
      readonly count: number
      readonly why: 'rate' | 'entities'
      readonly at: Date
      readonly key: string
    }
