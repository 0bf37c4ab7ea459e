/** What a file's check keeps from process to process: where it is in the log, and which conditions are True. Pure. */
import { wholeText } from '#model'
import { type Place, placeOf } from '../../reading/places.ts'
import { hasFields } from '../../sources/shape.ts'
import type { ConditionNow } from './conditions.ts'

/** What is kept; plain data. */
export interface Kept {
  /** Of the boot in which it was written. */
  readonly boot: string
  /** Lines before that are not looked at, in milliseconds since 1970. */
  readonly start: number
  /** When the machine was booted, by the wall clock of then, in milliseconds since 1970. */
  readonly bootMs?: number | undefined
  readonly place: Place
  /** There was no room for all that are True: they lie in a file of the check's state folder. */
  readonly hasMore?: boolean | undefined
  /** Some of what was True cannot be read of it. */
  readonly isDamaged?: boolean | undefined
  /** Conditions that are True. */
  readonly raised: readonly Raised[]
}

/** A condition that is True. */
export interface Raised {
  readonly type: string
  readonly reason: string
  /** Its beginning, where there is no room for all. */
  readonly message: string
  /** In milliseconds since 1970. */
  readonly since: number
  /** On the monotonic clock of its boot. */
  readonly seenMs: number
}

/** Whole messages, by type; they are best effort. */
export type Texts = Readonly<Record<string, { readonly since: number; readonly message: string }>>

/** Bytes of JSON that a cursor may have (4 KiB), less what its frame takes. */
const CURSOR_BYTES = 4000
/** And of the facts of a boot (64 KiB). */
const TEXTS_BYTES = 60_000

function raisedOf(conditions: readonly ConditionNow[]): Raised[] {
  return conditions
    .filter(({ isTrue }) => isTrue)
    .map(({ type, reason, message, since, seenMs }) => ({
      type,
      reason,
      message,
      since: since?.getTime() ?? 0,
      seenMs: seenMs ?? 0,
    }))
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** A text of at most so many bytes as JSON: what is escaped there takes up to six. */
function fitting(text: string, bytes: number): string {
  let cut = wholeText(text, bytes)
  while (cut !== '' && bytesOf(cut) - 2 > bytes) cut = cut.slice(0, Math.floor(cut.length / 2))
  return cut
}

/** With as much of each message as there is room for; where even the names have none, the last are left out, and it says so. */
export function keptWith(about: Omit<Kept, 'raised'>, conditions: readonly ConditionNow[]): Kept {
  const all = raisedOf(conditions)
  const bare = all.map((one) => ({ ...one, message: '' }))
  while (bare.length > 0 && bytesOf({ ...about, hasMore: true, raised: bare }) > CURSOR_BYTES) bare.pop()
  const hasMore = about.hasMore === true || bare.length < all.length
  const room = CURSOR_BYTES - bytesOf({ ...about, hasMore, raised: bare })
  const share = Math.floor(room / Math.max(1, bare.length))
  return {
    ...about,
    ...(hasMore ? { hasMore } : {}),
    raised: bare.map((one, index) => ({ ...one, message: fitting(all[index]?.message ?? '', share) })),
  }
}

/** @returns undefined for what is nothing that was kept */
export function keptOf(cursor: unknown): Kept | undefined {
  if (!hasFields(cursor, { boot: 'string', start: 'number' })) return undefined
  const { place: at, raised } = cursor as Partial<Kept>
  const place = placeOf(at)
  if (place === undefined || !Array.isArray(raised)) return undefined
  const fields = { type: 'string', reason: 'string', message: 'string', since: 'number', seenMs: 'number' } as const
  return {
    ...(cursor as unknown as Kept),
    bootMs: hasFields(cursor, { bootMs: 'number' }) ? (cursor.bootMs as number) : undefined,
    place,
    hasMore: hasFields(cursor, { hasMore: 'boolean' }) && cursor.hasMore === true,
    isDamaged: (cursor as Partial<Kept>).isDamaged === true || !raised.every((one: unknown) => hasFields(one, fields)),
    raised: raised.filter((one: unknown) => hasFields(one, fields)) as Raised[],
  }
}

/** Whole messages of what is True, each its share. */
export function textsOf(conditions: readonly ConditionNow[]): Texts {
  const all = raisedOf(conditions)
  const share = Math.floor(TEXTS_BYTES / Math.max(1, all.length)) - 200
  return Object.fromEntries(all.map(({ type, since, message }) => [type, { since, message: fitting(message, share) }]))
}

/** Conditions as they were, with the beginnings of their messages. */
export function restored(raised: readonly Raised[]): ConditionNow[] {
  return raised.map(({ since, ...one }) => ({ ...one, isTrue: true, since: new Date(since) }))
}

/** With their whole messages, where more of those is known. */
export function withTexts(conditions: readonly ConditionNow[], texts: unknown): ConditionNow[] {
  const known = (typeof texts === 'object' && texts !== null ? texts : {}) as Record<string, unknown>
  return conditions.map((one) => {
    const text = Object.hasOwn(known, one.type) ? known[one.type] : undefined
    if (!hasFields(text, { since: 'number', message: 'string' }) || text.since !== one.since?.getTime()) return one
    const message = text.message as string
    return message.length > one.message.length ? { ...one, message } : one
  })
}
