/** All patterns of a check's rules against each line: those over as many lines together. */
import { createLineMatcher, decodeText, type LineMatch, type LineMatcher, type Pattern } from '#pattern'
import type { LogLine } from '../sources/types.ts'
import type { Rule } from './types.ts'

/** A pattern of a rule that a line matched. */
export interface RuleMatch {
  readonly rule: Rule
  /** Its line says that it is over. */
  readonly isClearing: boolean
  /** The lines that it reaches over. */
  readonly text: string
  /** Looked for when they are asked for: where a match lies takes longer than to know that there is one. */
  readonly groups: readonly (string | undefined)[]
}

/** Patterns of rules, held against a log. */
export interface RuleMatcher {
  /** So many lines before a line belong to what it may match. */
  readonly linesBefore: number
  /** What a line says is over comes first: who says both says that it is a problem. In the rules' order. */
  push(line: LogLine): readonly RuleMatch[]
  /** A line that was matched before. */
  refill(line: LogLine): void
}

interface Slot {
  readonly rule: Rule
  readonly isClearing: boolean
  readonly pattern: Pattern
}

interface Part {
  readonly places: readonly number[]
  readonly matcher: LineMatcher
  /** Against what another reader has of the line (the kernel's fields); only of those over one line. */
  readonly alternate: LineMatcher | undefined
}

interface Placed {
  readonly place: number
  readonly text: string
  readonly match: LineMatch
}

const NONE: readonly RuleMatch[] = []

function slotsOf(rules: readonly Rule[]): readonly Slot[] {
  const clearing = rules.flatMap((rule) => {
    const { clearing: line } = rule.recovery
    return line === undefined ? [] : [{ rule, isClearing: true, pattern: line.match }]
  })
  return [...clearing, ...rules.map((rule) => ({ rule, isClearing: false, pattern: rule.match }))]
}

function partOf(slots: readonly Slot[], lines: number): Part {
  const places = slots.flatMap(({ rule }, place) => (rule.lines === lines ? [place] : []))
  const patterns = places.map((place) => (slots[place] as Slot).pattern)
  return {
    places,
    matcher: createLineMatcher(patterns, { bufferLines: lines }),
    alternate: lines === 1 ? createLineMatcher(patterns, { bufferLines: 1 }) : undefined,
  }
}

function ruleMatch({ rule, isClearing }: Slot, text: string, match: LineMatch): RuleMatch {
  return {
    rule,
    isClearing,
    text,
    get groups() {
      return match.found.groups
    },
  }
}

export function createRuleMatcher(rules: readonly Rule[]): RuleMatcher {
  const slots = slotsOf(rules)
  const spans = [...new Set(rules.map(({ lines }) => lines))]
  const parts = spans.map((lines) => partOf(slots, lines))

  function collect(part: Part, line: LogLine, into: Placed[]): void {
    const { places, matcher, alternate } = part
    const found = matcher.push(line.bytes)
    for (const match of found) {
      into.push({ place: places[match.pattern] as number, text: match.lines.join('\n'), match })
    }
    if (alternate === undefined || line.alternate === undefined) return
    for (const match of alternate.push(line.alternate)) {
      if (found.some(({ pattern }) => pattern === match.pattern)) continue
      into.push({ place: places[match.pattern] as number, text: decodeText(line.bytes), match })
    }
  }

  return {
    linesBefore: Math.max(1, ...spans) - 1,
    push(line) {
      const placed: Placed[] = []
      for (const part of parts) collect(part, line, placed)
      if (placed.length === 0) return NONE
      placed.sort((a, b) => a.place - b.place)
      return placed.map(({ place, text, match }) => ruleMatch(slots[place] as Slot, text, match))
    },
    refill(line) {
      for (const { matcher } of parts) matcher.refill(line.bytes)
    },
  }
}
