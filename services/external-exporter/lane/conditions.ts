/** The node's conditions to one exporter: all of them at first and whenever it was met anew, then what changes, as it is by then. */
import { randomUUID } from 'node:crypto'
import type { NodeFeed } from '#node-feed'
import type { Clock, Logger } from '#service'
import { batchContent, nextBatch, type Told } from '../told/batches.ts'
import { type Wished, wishedConditions, withdrawn } from '../told/conditions.ts'
import type { KeptFile } from './kept.ts'
import type { Lane } from './lane.ts'

/** A batch: after its first change so long is waited for others. */
const SETTLE_MS = 5
/** A type that nobody speaks of is withdrawn after this long: a store that is made anew is empty at first. */
const WITHDRAW_AFTER_MS = 120_000

export interface ConditionsOptions {
  readonly name: string
  readonly lane: Lane
  readonly keptFile: KeptFile
  readonly feed: NodeFeed
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface ConditionTeller {
  /** Something may be other than it was told. */
  changed(): void
  /** It may know nothing of what it was told before; what is in hand it is told after this. */
  forget(): void
}

/** What was told, and since when nobody speaks of what was. */
interface Telling extends ConditionsOptions {
  /** Names what this process tells. */
  readonly life: string
  readonly told: Map<string, Told>
  readonly missingSinceMs: Map<string, number>
  count: number
}

/** Types that it was told of, also by an earlier process, and of which nobody has spoken for long. */
function missing(telling: Telling, wished: ReadonlyMap<string, Wished>): string[] {
  const { told, missingSinceMs, keptFile, clock } = telling
  const nowMs = clock.monotonicMs()
  for (const type of wished.keys()) missingSinceMs.delete(type)
  const gone = [...new Set([...told.keys(), ...keptFile.kept.types])].filter((type) => !wished.has(type))
  return gone.filter((type) => {
    const sinceMs = missingSinceMs.get(type) ?? nowMs
    missingSinceMs.set(type, sinceMs)
    return nowMs - sinceMs >= WITHDRAW_AFTER_MS
  })
}

function wishedNow(telling: Telling): Map<string, Wished> {
  const { feed, clock } = telling
  const wished = wishedConditions(feed.conditions.values(), feed.listening.voice())
  for (const type of missing(telling, wished)) wished.set(type, withdrawn(type, clock.now()))
  return wished
}

/** It knows them by now; what was withdrawn is nobody's any more. */
function note(telling: Telling, batch: readonly Wished[]): void {
  const { told, keptFile, missingSinceMs, feed, clock } = telling
  const known = new Set(keptFile.kept.types)
  const present = new Set([...feed.conditions.values()].map(({ type }) => type))
  for (const wished of batch) {
    const isGone = missingSinceMs.has(wished.type) && !present.has(wished.type)
    if (isGone) {
      known.delete(wished.type)
      told.delete(wished.type)
      missingSinceMs.delete(wished.type)
    } else {
      known.add(wished.type)
      told.set(wished.type, { wished, atMs: clock.monotonicMs() })
    }
  }
  keptFile.kept.types = [...known].toSorted((a, b) => (a < b ? -1 : 1))
}

/** Tells batch after batch until nothing differs. @throws LaneEndedError */
async function tellAll(telling: Telling): Promise<void> {
  const { lane, clock, feed, keptFile } = telling
  while (feed.known) {
    const batch = nextBatch(wishedNow(telling), telling.told, clock.monotonicMs())
    if (batch.length === 0) return
    await lane.tell('conditions', batchContent(batch, `conditions ${telling.life} ${++telling.count}`))
    note(telling, batch)
    await keptFile.save()
  }
}

export function createConditionTeller(options: ConditionsOptions): ConditionTeller {
  const { clock, signal, log, name } = options
  const telling: Telling = {
    ...options,
    life: randomUUID(),
    told: new Map(),
    missingSinceMs: new Map(),
    count: 0,
  }
  let isTelling = false
  let isDirty = false
  let settling: (() => void) | undefined
  signal.addEventListener('abort', () => settling?.(), { once: true })

  async function tell(): Promise<void> {
    isTelling = true
    try {
      while (isDirty) {
        isDirty = false
        await tellAll(telling)
      }
    } catch (err) {
      if (!signal.aborted) log.error('conditions cannot be told to an external exporter', { exporter: name, err })
    } finally {
      isTelling = false
    }
  }

  function changed(): void {
    isDirty = true
    if (isTelling || signal.aborted) return
    settling ??= clock.after(SETTLE_MS, () => {
      settling = undefined
      void tell()
    })
  }

  return {
    changed,
    forget() {
      telling.told.clear()
      changed()
    },
  }
}
