/** Following the kernel's log: from where it was read up to, and anew once what was kept can be read. */
import type { KernelCursor, KernelLogEvent } from '#host'
import type { CheckContext, Follow, FollowContext, Tell } from '#monitor-kit'
import type { GpuShared } from '../../shared.ts'
import type { Config } from './config.ts'
import type { Keep } from './keep.ts'
import type { Ledger } from './ledger.ts'
import type { Named } from './named.ts'
import { createReader, type Reader } from './reader.ts'

/** How the log stands. */
export interface Standing {
  /** What stood there was told; what is said from now on is heard. */
  isFollowing: boolean
  /** Why nothing is known. */
  unreadable: { readonly reason: string; readonly message: string } | undefined
  /** Of the check, while it followed. */
  turns: number
}

/** What turns and followers of one process have together. */
export interface Common {
  readonly ledger: Ledger
  readonly keep: Keep
  readonly named: Named
  readonly standing: Standing
  readonly shared: GpuShared
}

type Context = FollowContext<Config, GpuShared | undefined>

/** Where the log is read from. */
interface Opened {
  readonly from: KernelCursor | undefined
  /** Nobody has looked at this log, or at another one, before, or it cannot be read yet up to where. */
  readonly isFirst: boolean
  /** What was kept cannot be read: what stands by it is not known. */
  readonly isBlind: boolean
}

/** One way through the log. */
interface Reading {
  readonly reader: Reader
  readonly from: KernelCursor | 'start'
  readonly signal: AbortSignal
}

/** A cursor that was kept, or nothing where it is none. */
function cursorOf(kept: unknown): KernelCursor | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const { bootId, sinceBootUs, sequence } = kept as Partial<KernelCursor>
  const isOne = typeof bootId === 'string' && typeof sinceBootUs === 'number'
  return isOne && (sequence === null || typeof sequence === 'number') ? { bootId, sinceBootUs, sequence } : undefined
}

/** Begins once with what was kept, as soon as that can be read; then it goes on with what is known. */
function createOpening({ host }: Pick<CheckContext<unknown>, 'host'>, { keep, ledger, shared }: Common) {
  let hasBegun = false
  return async (cursor: KernelCursor | undefined, isCursorKnown: boolean): Promise<Opened> => {
    const boot = await host.bootId()
    // Of what goes on as it was nothing is recalled.
    const kept = hasBegun ? { state: undefined } : await keep.recall()
    const isBlind = kept === undefined
    const isKnown = hasBegun || kept?.state !== undefined
    await shared.recall()
    await ledger.begin(kept, boot, () => !keep.isHopeless)
    hasBegun = !isBlind
    // Without what it led to a place is of no use: the log is read anew, and told on from there.
    return { from: isKnown ? cursor : undefined, isFirst: cursor === undefined && !(isKnown && isCursorKnown), isBlind }
  }
}

function wordsOf({ error, isClosed }: Extract<KernelLogEvent, { kind: 'unreadable' }>): Standing['unreadable'] {
  const reason = isClosed === true ? 'LogSourceClosed' : 'LogSourceUnreadable'
  return { reason, message: `the kernel’s log cannot be read: ${error.message}` }
}

/** Takes what the log tells until its signal aborts. */
async function take({ host, following }: Context, { ledger, standing }: Common, { reader, from, signal }: Reading) {
  for await (const event of host.logs.kernelLog({ signal, from })) {
    if (event.kind === 'unreadable') {
      standing.unreadable = wordsOf(event)
      await reader.say(ledger.findings({ unreadable: standing.unreadable }))
      continue
    }
    standing.unreadable = undefined
    await reader.take(event)
    if (event.kind !== 'caught-up') continue
    standing.isFollowing = true
    following()
  }
}

export function createFollow(
  around: Pick<CheckContext<unknown>, 'host'>,
  common: Common,
): Follow<Config, GpuShared | undefined> {
  const { ledger, keep, named, standing, shared } = common
  const open = createOpening(around, common)

  /** As far as it goes; where what was kept could not be read, until it can be. @returns whether it could not */
  async function followOnce(context: Context, tell: Tell, ends: AbortController): Promise<boolean> {
    const cursor = cursorOf(context.cursor)
    named.forget()
    const { from = 'start', isFirst, isBlind } = await open(cursor, context.isCursorKnown)
    const { config, host, clock } = context
    const behind = cursor?.bootId === ledger.state.boot ? cursor : undefined
    const reader = createReader({ config, host, clock, shared, ledger, keep, tell, named, isFirst, cursor: behind })
    const { signal } = ends
    // Also where it is called off.
    if (isBlind)
      void keep
        .untilRecalled(signal)
        .catch(() => undefined)
        .then(() => ends.abort())
    try {
      await take(context, common, { reader, from, signal })
    } finally {
      standing.isFollowing = false
      reader.close()
      ends.abort()
    }
    return isBlind
  }

  return async (context, tell, signal) => {
    for (let isBlind = true; isBlind && !signal.aborted; ) {
      const ends = new AbortController()
      const end = (): void => ends.abort(signal.reason)
      signal.addEventListener('abort', end)
      try {
        isBlind = await followOnce(context, tell, ends)
      } finally {
        signal.removeEventListener('abort', end)
      }
    }
  }
}
