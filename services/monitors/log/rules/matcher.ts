/** All patterns of a check's rules against each line: those over as many lines together. */
import { createLineMatcher, decodeText, type LineMatcher, type Pattern } from '#pattern'
import type { LogLine } from '../sources/types.ts'
import type { Rule } from './types.ts'

/** A pattern of a rule that a line matched. */
export interface RuleMatch {
  readonly rule: Rule
  /** Its line says that it is over. */
  readonly isClearing: boolean
  /** The lines that it reaches over. */
  readonly text: string
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

type Placed = Pick<RuleMatch, 'text' | 'groups'> & { readonly place: number }

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

export function createRuleMatcher(rules: readonly Rule[]): RuleMatcher {
  const slots = slotsOf(rules)
  const spans = [...new Set(rules.map(({ lines }) => lines))]
  const parts = spans.map((lines) => partOf(slots, lines))

  function collect(part: Part, line: LogLine, into: Placed[]): void {
    const { places, matcher, alternate } = part
    const found = matcher.push(line.bytes)
    for (const { pattern, lines, found: at } of found) {
      into.push({ place: places[pattern] as number, text: lines.join('\n'), groups: at.groups })
    }
    if (alternate === undefined || line.alternate === undefined) return
    for (const { pattern, found: at } of alternate.push(line.alternate)) {
      if (found.some((one) => one.pattern === pattern)) continue
      into.push({ place: places[pattern] as number, text: decodeText(line.bytes), groups: at.groups })
    }
  }

  return {
    linesBefore: Math.max(1, ...spans) - 1,
    push(line) {
      const placed: Placed[] = []
      for (const part of parts) collect(part, line, placed)
      if (placed.length === 0) return NONE
      placed.sort((a, b) => a.place - b.place)
      return placed.map(({ place, text, groups }) => {
        const { rule, isClearing } = slots[place] as Slot
        return { rule, isClearing, text, groups }
      })
    },
    refill(line) {
      for (const { matcher } of parts) matcher.refill(line.bytes)
    },
  }
}
