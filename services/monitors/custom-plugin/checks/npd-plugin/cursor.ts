/** The conditions of a file as they are kept from one process to the next: plain data, held to its form. Pure. */
import type { ConditionState, ConditionStatus } from './conditions.ts'
import { initialCondition } from './conditions.ts'
import type { DefaultCondition } from './settings.ts'

/** What the kit keeps of a cursor, less a little. */
const MAX_BYTES = 4_000

/** type, status, reason, message with each byte a character, since when. */
type Kept = readonly [string, ConditionStatus, string, string, number]

const STATUSES: readonly unknown[] = ['False', 'True', 'Unknown'] satisfies readonly ConditionStatus[]

function isKept(one: unknown): one is Kept {
  if (!Array.isArray(one) || one.length !== 5) return false
  const [type, status, reason, message, sinceMs] = one as unknown[]
  const areTexts = [type, reason, message].every((text) => typeof text === 'string')
  return areTexts && STATUSES.includes(status) && Number.isSafeInteger(sinceMs)
}

/** What a person or an earlier process left; undefined where there is nothing of it that could be a cursor. */
function keptIn(cursor: unknown): readonly Kept[] | undefined {
  const all = (cursor as { conditions?: unknown } | undefined)?.conditions
  return Array.isArray(all) ? all.filter(isKept) : undefined
}

/** As many as there is room for, those that say the least first: of what is left out the next process does not know. */
export function cursorOf(conditions: readonly ConditionState[]): unknown {
  const all = conditions.map(({ type, status, reason, message, transition }): Kept => {
    return [type, status, reason, message.toString('latin1'), transition.getTime()]
  })
  const sized = all.map((kept) => ({ kept, bytes: Buffer.byteLength(JSON.stringify(kept)) + 1 }))
  let room = MAX_BYTES
  const fitting = sized
    .sort((one, other) => one.bytes - other.bytes)
    .filter(({ bytes }) => {
      room -= bytes
      return room >= 0
    })
  return { conditions: fitting.map(({ kept }) => kept) }
}

/** The conditions as an earlier process knew them; False since now what it did not know. Undefined: there was none. */
export function recalledConditions(
  cursor: unknown,
  defaults: readonly DefaultCondition[],
  now: Date,
): readonly ConditionState[] | undefined {
  const all = keptIn(cursor)
  if (all === undefined) return undefined
  return defaults.map((usual) => {
    const kept = all.find(([type]) => type === usual.type)
    if (kept === undefined || kept[1] === 'False') return wellSince(usual, kept, now)
    const [type, status, reason, message, sinceMs] = kept
    return { type, status, reason, message: Buffer.from(message, 'latin1'), transition: new Date(sinceMs) }
  })
}

/** What was well says what the file says by now. */
function wellSince(usual: DefaultCondition, kept: Kept | undefined, now: Date): ConditionState {
  return initialCondition(usual, kept === undefined ? now : new Date(kept[4]))
}
