/** All patterns of a check's rules against each line: those over as many lines together. */

import { cleanEntity } from '#monitor-kit/evaluate'
import { createLineMatcher, decodeText, type LineMatch, type LineMatcher, type Pattern } from '#pattern'
import type { LogLine } from '../sources/types.ts'
import { entityOfDevice, type MountWord, mountPatterns } from './mount-lines.ts'
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

/** A line says of a file system that it comes or goes. */
export interface MountMatch {
  readonly word: MountWord
  readonly entity: string
  readonly text: string
  /** By which name its driver lists it, where the line says so and that is not its device. */
  readonly fileSystem: string | undefined
}

/** Patterns of rules, held against a log. */
export interface RuleMatcher {
  /** So many lines before a line belong to what it may match. */
  readonly linesBefore: number
  /** What comes and goes, where any rule asks, then what a line says is over: who says both says that it is a problem. In the rules' order. */
  push(line: LogLine): readonly (MountMatch | RuleMatch)[]
  /** A line that was matched before. */
  refill(line: LogLine): void
}

interface RuleSlot {
  readonly rule: Rule
  readonly isClearing: boolean
  readonly pattern: Pattern
}

type Slot = RuleSlot | { readonly word: MountWord; readonly pattern: Pattern }

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

const NONE: readonly never[] = []

function slotsOf(rules: readonly Rule[]): readonly Slot[] {
  const clearing = rules.flatMap((rule) => {
    const { clearing: line } = rule.recovery
    return line === undefined ? [] : [{ rule, isClearing: true, pattern: line.match }]
  })
  const mounts = rules.some(asksOfMounts) ? mountPatterns().map(([word, pattern]) => ({ word, pattern })) : []
  return [...mounts, ...clearing, ...rules.map((rule) => ({ rule, isClearing: false, pattern: rule.match }))]
}

/** Whether it makes a difference to a rule that a file system comes or goes. */
export function asksOfMounts({ recovery, atUnmount }: Rule): boolean {
  return recovery.unmounted || atUnmount !== undefined
}

function linesOf(slot: Slot): number {
  return 'word' in slot ? 1 : slot.rule.lines
}

function partOf(slots: readonly Slot[], lines: number): Part {
  const places = slots.flatMap((slot, place) => (linesOf(slot) === lines ? [place] : []))
  const patterns = places.map((place) => (slots[place] as Slot).pattern)
  return {
    places,
    matcher: createLineMatcher(patterns, { bufferLines: lines }),
    alternate: lines === 1 ? createLineMatcher(patterns, { bufferLines: 1 }) : undefined,
  }
}

function matchOf(slot: Slot, text: string, match: LineMatch): MountMatch | RuleMatch {
  if (!('word' in slot)) return ruleMatch(slot, text, match)
  const { word, pattern } = slot
  const { groups } = match.found
  const entity = cleanEntity(entityOfDevice(groups[pattern.names.get('dev') ?? 0] ?? ''))
  return { word, entity, text, fileSystem: groups[pattern.names.get('uuid') ?? -1] }
}

function ruleMatch({ rule, isClearing }: RuleSlot, text: string, match: LineMatch): RuleMatch {
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
  const spans = [...new Set(slots.map(linesOf))]
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
      return placed.map(({ place, text, match }) => matchOf(slots[place] as Slot, text, match))
    },
    refill(line) {
      for (const { matcher } of parts) matcher.refill(line.bytes)
    },
  }
}
