/** A helper program as a function. */

import type { Clock } from '#clock'
import type { Host } from '#host'

/** A program that a helper has started, and that no signal ends. */
export interface LeftProgram {
  readonly pid: number
  /** Resolves when it has ended after all. */
  readonly ended: Promise<void>
}

/** What it is run in. */
export interface ToolAround {
  /** This process's own machine, at the root "": what it starts is found by PATH. */
  readonly host: Host
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  /** Seconds since this machine started. */
  readonly uptimeSeconds: () => number
  /** Ends it, and what it has started. */
  readonly signal: AbortSignal
  /** What it has started could not be ended and was left behind: start nothing beside it. Told before the helper itself ends. */
  readonly onAbandoned?: (left: LeftProgram) => void
}

/** How it ended, and what it said. */
export interface ToolResult {
  /** 0 is well, 1 the problem, 2 an error or wrong flags, 255 what node-problem-detector cannot go on with. */
  readonly exitCode: 0 | 1 | 2 | 255
  readonly stdout: string
  readonly stderr: string
}

/** Rejects with the signal's reason when aborted, and with nothing else. */
export type Tool = (words: readonly string[], around: ToolAround) => Promise<ToolResult>

/** The names of all of them, which are those of their programs. */
export type ToolName = 'health-checker' | 'log-counter'
