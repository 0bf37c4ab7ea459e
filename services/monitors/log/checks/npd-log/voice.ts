/** What one life of a file's check has to tell: together, in its order, not too often. */
import type { Clock } from '#clock'
import type { MetricSample } from '#model'
import type { Finding, Happening, Tell } from '#monitor-kit'
import type { ProblemMetrics } from '#npd-words'
import { lostHappening, untoldHappening } from '../../reading/declared.ts'
import { countLost, type Tallies, tallySamples } from '../../reading/tallies.ts'
import { createUntold, type Untold } from '../../reading/untold.ts'
import type { Config } from './config.ts'
import type { RuleEvent } from './evaluate.ts'
import type { Kept } from './kept.ts'
import { happeningOf } from './words.ts'

/** A place that has moved without anything to tell is told after so long. */
const MOVED_MS = 5_000
/** What is not told is said after so long. */
const UNTOLD_MS = 1_000

/** What it speaks of, and to whom. */
export interface VoiceOptions {
  readonly config: Config
  /** The check's configured name. */
  readonly name: string
  readonly clock: Clock
  readonly metrics: ProblemMetrics
  readonly tallies: Tallies
  readonly tell: Tell
  /** What is kept with what is told. */
  readonly cursor: () => Kept
  /** What the cursor has no room for. @returns whether it is kept */
  readonly keepMore: () => Promise<boolean>
}

/** Tells. */
export interface Voice {
  /** Of a type what was found last is told. */
  found(finding: Finding): void
  happened(event: RuleEvent): void
  lost(count: number | undefined, why: string): void
  /** Something was read: the place has moved. */
  moved(): void
  /** Tells what there is, if there is anything. Rejects with why it cannot be told. */
  tell(): Promise<void>
  /** The same, for whoever does not wait; what goes wrong with it ends the life. */
  aside(): void
  samples(): readonly MetricSample[]
  /** Nothing is told any more. */
  end(): void
}

/** What has to be told. */
function createPending() {
  let events: Happening[] = []
  let findings = new Map<string, Finding>()
  return {
    get isEmpty() {
      return events.length === 0 && findings.size === 0
    },
    happened(event: Happening): void {
      events.push(event)
    },
    found(finding: Finding): void {
      findings.set(finding.type, finding)
    },
    take() {
      const taken = { events, findings: [...findings.values()] }
      events = []
      findings = new Map()
      return taken
    },
  }
}

/** Rules as their users know them. */
function ruleName({ rules }: Config, index: number): string {
  const { reason = '', condition = '' } = rules[index] ?? {}
  return reason || condition || `number ${index + 1}`
}

function untoldOf(config: Config, untold: Untold<number>): Happening[] {
  return [...untold.take()].map(([rule, count]) => untoldHappening(ruleName(config, rule), count))
}

/** With the place, where all is kept: one behind what nobody remembers would make a restart its end. */
async function tellBehind(
  { tell, keepMore }: Pick<VoiceOptions, 'tell' | 'keepMore'>,
  said: Parameters<Tell>[0],
  cursor: Kept,
): Promise<void> {
  const isKept = cursor.hasMore !== true || (await keepMore())
  await tell(said, isKept ? { cursor } : {})
}

export function createVoice({ config, name, clock, metrics, tallies, tell, cursor, keepMore }: VoiceOptions): Voice {
  const pending = createPending()
  const untold = createUntold<number>()
  /** When it may be said what was not told. */
  let untoldDueMs = 0
  let hasMoved = false
  let callOff: (() => void) | undefined
  let isOver = false

  function samples(): readonly MetricSample[] {
    const problems = config.metricsReporting ? metrics.samples() : []
    return [...problems, ...tallySamples(tallies, name)]
  }

  async function tellNow(): Promise<void> {
    callOff?.()
    callOff = undefined
    if (isOver) return
    if (!untold.isEmpty && clock.monotonicMs() >= untoldDueMs) untoldOf(config, untold).forEach(pending.happened)
    hasMoved = false
    await tellBehind({ tell, keepMore }, { ...pending.take(), metrics: samples() }, cursor())
  }

  function aside(): void {
    tellNow().catch(() => undefined)
  }

  function later(): void {
    callOff ??= clock.after(untold.isEmpty ? MOVED_MS : UNTOLD_MS, () => {
      callOff = undefined
      aside()
    })
  }

  return {
    found: pending.found,
    happened(event) {
      // The end of a problem is no problem.
      if (event.rule !== undefined) metrics.happened(event.reason)
      const nowMs = clock.monotonicMs()
      if (untold.isEmpty) untoldDueMs = nowMs + UNTOLD_MS
      if (event.rule === undefined || untold.mayTell(event.rule, event.at.getTime(), nowMs)) {
        pending.happened(happeningOf(event, config.source))
      } else tallies.untold++
    },
    lost(count, why) {
      countLost(tallies, count)
      pending.happened(lostHappening(count, why))
    },
    moved() {
      hasMoved = true
    },
    async tell() {
      if (!pending.isEmpty) await tellNow()
      if (hasMoved || !untold.isEmpty) later()
    },
    aside() {
      if (!pending.isEmpty) aside()
    },
    samples,
    end() {
      isOver = true
      callOff?.()
    },
  }
}
