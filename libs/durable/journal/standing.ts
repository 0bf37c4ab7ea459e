/** Which of a journal's two files counts. Pure. */
import type { Segment } from './segment.ts'

/** A file that can be read. */
export type ReadSegment = Extract<Segment, { readonly kind: 'read' }>

/** What both files are together. */
export type Standing =
  /** Nothing was ever kept; what stands at the beginning of the first file is at most half of a beginning. */
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'stands'
      readonly current: { readonly index: 0 | 1; readonly segment: ReadSegment }
      /** The one before it, as far as it can still be read. */
      readonly former: ReadSegment | undefined
      /** The former one does not say yet that the journal went on. */
      readonly isFormerOpen: boolean
    }
  | { readonly kind: 'damaged'; readonly index: 0 | 1; readonly why: string }

function damaged(index: 0 | 1, why: string): Standing {
  return { kind: 'damaged', index, why }
}

/** Of a file that alone can be read. */
function alone(index: 0 | 1, segment: ReadSegment): Standing {
  if (segment.content.isClosed)
    return damaged(index === 0 ? 1 : 0, 'the journal went on there, and its beginning cannot be read')
  return { kind: 'stands', current: { index, segment }, former: undefined, isFormerOpen: false }
}

/** Whether the later file was begun and then left again: the earlier one went on behind it. */
function wasLeft(earlier: ReadSegment, later: ReadSegment): boolean {
  return !earlier.content.isClosed && earlier.content.last.sequence >= later.content.first
}

function both(first: ReadSegment, second: ReadSegment): Standing {
  if (first.header.journal !== second.header.journal) return damaged(1, 'the two files are of two journals')
  const isSecondLater = second.header.epoch > first.header.epoch
  const [earlier, later] = isSecondLater ? [first, second] : [second, first]
  const laterIndex = isSecondLater ? 1 : 0
  const earlierIndex = isSecondLater ? 0 : 1
  if (wasLeft(earlier, later))
    return {
      kind: 'stands',
      current: { index: earlierIndex, segment: earlier },
      former: undefined,
      isFormerOpen: false,
    }
  const isFormerOpen = !earlier.content.isClosed && earlier.content.damagedAt === undefined
  return { kind: 'stands', current: { index: laterIndex, segment: later }, former: earlier, isFormerOpen }
}

/** Damage counts in the file in use alone: the other one is history. */
function judged(standing: Standing): Standing {
  if (standing.kind !== 'stands') return standing
  const { index, segment } = standing.current
  const at = segment.content.damagedAt
  return at === undefined ? standing : damaged(index, `it is damaged at byte ${at}, before its end`)
}

/** The power went while a journal was begun for the first time, in files that were filled: nothing was ever recorded behind that. */
function wasBeingBegun(
  { isRecorded, bytes }: Extract<Segment, { readonly kind: 'no-beginning' }>,
  otherBytes: number,
): boolean {
  return !isRecorded && bytes === otherBytes
}

/** What both files are together. */
export function standingOf(segments: readonly [Segment, Segment]): Standing {
  const [first, second] = segments
  if (first.kind === 'read' && second.kind === 'read') return judged(both(first, second))
  if (first.kind === 'read') return judged(alone(0, first))
  if (second.kind === 'read') return judged(alone(1, second))
  if (first.kind === 'blank' && second.kind === 'blank') return { kind: 'nothing' }
  if (first.kind === 'no-beginning' && second.kind === 'blank' && wasBeingBegun(first, second.bytes))
    return { kind: 'nothing' }
  return damaged(first.kind === 'blank' ? 1 : 0, 'its beginning cannot be read')
}
