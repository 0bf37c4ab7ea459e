/**
 * Values that the bus refuses for themselves (no room in their bucket, too large for a message, no message at all). Each
 * waits here for its own next try, so that it stands in no other's way. Time is an argument.
 */
import type { RefusalReason } from '#bus'
import { backoffMs } from '#pace'
import type { Tally } from './unstored.ts'
import { ownerOf, type Write } from './writes.ts'

/** Until the first try again, and at most between two. */
const RETRY = { minMs: 1000, maxMs: 30_000, steady: 1 } as const

export interface Refusal {
  /** Which key of which bucket, or which fact. */
  readonly what: string
  readonly why: RefusalReason
  readonly text: string
}

interface Waiting {
  readonly write: Write
  /** When it came; of what was refused before its first value counts. */
  readonly enteredMs: number
  readonly refusal: Refusal
}

export interface Aside {
  readonly size: number
  has(name: string): boolean
  /** Sets it aside, or on its next wait. True: it was not refused before. */
  add(name: string, waiting: Waiting, nowMs: number): boolean
  /** Tells a tally of all of them. */
  count(tally: Tally): void
  /** A newer value: it waits in place of the old one. False: it is to be tried at once. */
  replace(name: string, write: Write): boolean
  /** The bus has a value of it. */
  took(name: string): void
  /** What is to be tried again now; it stays until it was taken. */
  due(nowMs: number): readonly Write[]
  /** When the next is due. */
  nextMs(): number | undefined
  /** Monitors of which something waits for room. */
  owners(): ReadonlySet<string>
  list(): readonly Refusal[]
}

export function createAside(): Aside {
  const waiting = new Map<string, Waiting & { readonly dueMs: number; readonly failures: number }>()

  return {
    get size() {
      return waiting.size
    },
    has: (name) => waiting.has(name),
    add(name, { write, enteredMs: cameMs, refusal }, nowMs) {
      const before = waiting.get(name)
      const failures = before === undefined ? 0 : before.failures + 1
      const enteredMs = Math.min(cameMs, before?.enteredMs ?? cameMs)
      waiting.set(name, { write, enteredMs, refusal, failures, dueMs: nowMs + backoffMs(failures, RETRY) })
      return before === undefined
    },
    replace(name, write) {
      const before = waiting.get(name)
      // Without room a value goes on waiting; what goes away, or may have got smaller, does not.
      if (before === undefined || write.value === undefined || before.refusal.why !== 'full') return false
      waiting.set(name, { ...before, write })
      return true
    },
    count(tally) {
      for (const { write, enteredMs } of waiting.values()) tally.refused(write, enteredMs)
    },
    took: (name) => void waiting.delete(name),
    due: (nowMs) => [...waiting.values()].filter(({ dueMs }) => dueMs <= nowMs).map(({ write }) => write),
    nextMs: () => (waiting.size === 0 ? undefined : Math.min(...[...waiting.values()].map(({ dueMs }) => dueMs))),
    owners() {
      const owners = new Set<string>()
      for (const { write, refusal } of waiting.values()) {
        const owner = refusal.why === 'full' ? ownerOf(write) : undefined
        if (owner !== undefined) owners.add(owner)
      }
      return owners
    },
    list: () => [...waiting.values()].map(({ refusal }) => refusal),
  }
}
