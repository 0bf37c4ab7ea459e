/** The conditions of a file as they are kept from one process to the next: plain data, held to its form. Pure. */
import type { ConditionState, ConditionStatus } from './conditions.ts'
import { initialCondition } from './conditions.ts'
import type { DefaultCondition } from './settings.ts'

/** What the kit keeps of a cursor, less a little. */
const MAX_BYTES = 4_000

/** type, status, reason, message with each byte a character, since when, its place in the file. */
type Kept = readonly [string, ConditionStatus, string, string, number, number]

/** What was kept. */
interface Cursor {
  readonly conditions: readonly Kept[]
  /** Some of it may not have been well without standing there: there was no room, or it cannot be read. */
  readonly hasMore: boolean
}

const STATUSES: readonly unknown[] = ['False', 'True', 'Unknown'] satisfies readonly ConditionStatus[]

function isKept(one: unknown): one is Kept {
  if (!Array.isArray(one) || one.length !== 6) return false
  const [type, status, reason, message, sinceMs, place] = one as unknown[]
  const areTexts = [type, reason, message].every((text) => typeof text === 'string')
  return areTexts && STATUSES.includes(status) && Number.isSafeInteger(sinceMs) && Number.isSafeInteger(place)
}

/** What an earlier process left; undefined where there is nothing of it that could be a cursor. */
function keptIn(cursor: unknown): Cursor | undefined {
  const { conditions, hasMore } = (cursor ?? {}) as { conditions?: unknown; hasMore?: unknown }
  if (!Array.isArray(conditions)) return undefined
  return { conditions: conditions.filter(isKept), hasMore: hasMore === true || !conditions.every(isKept) }
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1
}

/** The beginning of a text that takes no more than so many bytes as JSON, without its quotes. */
function cutTo(text: string, bytes: number): string {
  let left = bytes
  let end = 0
  for (const letter of text) {
    left -= bytesOf(letter) - 3
    if (left < 0) break
    end += letter.length
  }
  return text.slice(0, end)
}

function fits(all: readonly Kept[], bytes: number): readonly Kept[] {
  let room = bytes
  return all.filter((kept) => {
    room -= bytesOf(kept)
    return room >= 0
  })
}

/**
 * What is not well comes first, each with as much of its message as there is room for; then what is well, which says little. Of
 * what is left out the next process does not know how it was, but where all of the first has room: then it was well.
 */
export function cursorOf(conditions: readonly ConditionState[]): unknown {
  const all = conditions.map(({ type, status, reason, message, transition }, place): Kept => {
    return [type, status, reason, message.toString('latin1'), transition.getTime(), place]
  })
  const unwell = all.filter(([, status]) => status !== 'False')
  const bare = fits(
    unwell.map(([type, status, reason, , since, place]): Kept => [type, status, reason, '', since, place]),
    MAX_BYTES,
  )
  const share = (MAX_BYTES - bare.reduce((sum, one) => sum + bytesOf(one), 0)) / Math.max(1, bare.length)
  const told = bare.map(([type, status, reason, , since, place]): Kept => {
    return [type, status, reason, cutTo(all[place]?.[3] ?? '', share), since, place]
  })
  const room = MAX_BYTES - told.reduce((sum, one) => sum + bytesOf(one), 0)
  const well = all
    .filter(([, status]) => status === 'False')
    .map(([...kept]): Kept => [...kept.with(3, '')] as unknown as Kept)
  const kept = [...told, ...fits(well, room)]
  return { conditions: kept, hasMore: bare.length < unwell.length } satisfies Cursor
}

/**
 * The conditions as an earlier process knew them. What it did not know is False since now; where it may have had more that
 * was not well, that is Unknown: it may have been anything. Undefined: there was no earlier process.
 */
export function recalledConditions(
  cursor: unknown,
  defaults: readonly DefaultCondition[],
  now: Date,
): readonly ConditionState[] | undefined {
  const known = keptIn(cursor)
  if (known === undefined) return undefined
  const { conditions, hasMore } = known
  return defaults.map((usual, index) => {
    const same = conditions.filter(([type]) => type === usual.type)
    const hasMoved = (place: number): boolean => defaults[place]?.type !== usual.type
    const kept = same.find(([, , , , , place]) => place === index) ?? same.find(([, , , , , place]) => hasMoved(place))
    if (kept === undefined && hasMore) return { ...initialCondition(usual, now), status: 'Unknown' }
    if (kept === undefined || kept[1] === 'False') return wellSince(usual, kept, now)
    const [type, status, reason, message, sinceMs] = kept
    return { type, status, reason, message: Buffer.from(message, 'latin1'), transition: new Date(sinceMs) }
  })
}

/** What was well says what the file says by now. */
function wellSince(usual: DefaultCondition, kept: Kept | undefined, now: Date): ConditionState {
  return initialCondition(usual, kept === undefined ? now : new Date(kept[4]))
}
