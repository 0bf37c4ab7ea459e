/** What keeps the history small: samples grow coarser with age, and what is older than the retention goes. */
import type { DatabaseSync } from 'node:sqlite'
import { meanValues, packValues, slotOf, TIERS, unpackValues } from './samples.ts'
import { usedBytes } from './schema.ts'

/** Slots made coarser in one go, so that no call holds the process for long. */
const SLOTS_PER_CALL = 60

/** Events kept at most, the newest. */
export const MAX_EVENTS = 20_000

function coarsen(db: DatabaseSync, tier: 1 | 2, now: number): void {
  const { stepMs } = TIERS[tier]
  const done = db.prepare('SELECT max(at) AS last FROM samples WHERE tier=? AND at<=?').get(tier, now)?.['last']
  const first = db.prepare('SELECT min(at) AS first FROM samples WHERE tier=?').get(tier - 1)?.['first']
  if (first === null || first === undefined) return
  let slot = typeof done === 'number' ? done + stepMs : slotOf(Number(first), stepMs)
  slot = Math.max(slot, slotOf(Number(first), stepMs))
  const read = db.prepare('SELECT data FROM samples WHERE tier=? AND at>=? AND at<?')
  const write = db.prepare('INSERT OR REPLACE INTO samples(tier, at, data) VALUES(?, ?, ?)')
  const next = db.prepare('SELECT min(at) AS next FROM samples WHERE tier=? AND at>=?')
  for (let count = 0; count < SLOTS_PER_CALL && slot + stepMs <= now; count++) {
    const rows = read.all(tier - 1, slot, slot + stepMs)
    if (rows.length === 0) {
      // Nothing was sampled here: on to where something was.
      const after = next.get(tier - 1, slot + stepMs)?.['next']
      if (typeof after !== 'number') return
      slot = slotOf(after, stepMs)
      continue
    }
    const moments = rows.map((row) => unpackValues(row['data'] as Uint8Array))
    write.run(tier, slot, packValues(meanValues(moments)))
    slot += stepMs
  }
}

/** Makes finished minutes and ten minutes coarser. Once a minute. */
export function thinSamples(db: DatabaseSync, now: Date): void {
  coarsen(db, 1, now.getTime())
  coarsen(db, 2, now.getTime())
}

/** Deletes what is older than `keptMs` in everything but samples of the finer tiers, which have their own age. */
function forget(db: DatabaseSync, before: number): void {
  db.prepare('DELETE FROM states WHERE ended<?').run(before)
  db.prepare('DELETE FROM events WHERE at<?').run(before)
  db.prepare('DELETE FROM marks WHERE at<?').run(before)
  db.prepare('DELETE FROM gaps WHERE ended<?').run(before)
  db.prepare('DELETE FROM samples WHERE at<?').run(before)
  db.prepare('DELETE FROM series WHERE used<?').run(before)
}

/** Oldest thing there is that ages. */
function oldest(db: DatabaseSync): number | undefined {
  const row = db
    .prepare(
      'SELECT min(t) AS oldest FROM (SELECT min(ended) AS t FROM states UNION ALL SELECT min(at) FROM events UNION ALL SELECT min(at) FROM samples WHERE tier=2)',
    )
    .get()
  return typeof row?.['oldest'] === 'number' ? row['oldest'] : undefined
}

/**
 * Lets go of what is too old or too much. Every ten minutes. Above `maxBytes` the oldest sixth of the time that is known
 * goes, again and again.
 * @returns how far back everything is known now, where something had to go for lack of room
 */
export function pruneHistory(
  db: DatabaseSync,
  options: { readonly now: Date; readonly retentionMs: number; readonly maxBytes: number },
): Date | undefined {
  const now = options.now.getTime()
  forget(db, now - options.retentionMs)
  for (const tier of [0, 1] as const) {
    db.prepare('DELETE FROM samples WHERE tier=? AND at<?').run(tier, now - TIERS[tier].keptMs)
  }
  db.prepare('DELETE FROM events WHERE at < (SELECT at FROM events ORDER BY at DESC LIMIT 1 OFFSET ?)').run(MAX_EVENTS)
  db.prepare('DELETE FROM lanes WHERE key NOT IN (SELECT lane FROM states UNION SELECT lane FROM marks)').run()
  let cut: Date | undefined
  for (let round = 0; round < 20 && usedBytes(db) > options.maxBytes; round++) {
    const first = oldest(db)
    if (first === undefined || first >= now) break
    const before = first + (now - first) / 6
    forget(db, before)
    cut = new Date(before)
  }
  db.exec('PRAGMA incremental_vacuum(256)')
  return cut
}
