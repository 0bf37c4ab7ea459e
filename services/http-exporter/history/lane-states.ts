/** The states of each lane in an open history: what is open, what ended, and never two at a time. Throws what SQLite throws. */
import type { LaneState, PastInterval } from './facts.ts'
import type { Statements } from './statements.ts'

/** What became of lanes; each method is idempotent. */
export interface LaneStates {
  /** Moves a lane to a state. */
  state(state: LaneState, now: Date): void
  /** Lanes of conditions that are gone: what is open there ends now. `present` holds the keys that are still there. */
  onlyLanes(prefix: string, present: ReadonlySet<string>, now: Date): void
  /** Ends what is open in one lane. */
  endLane(lane: string, now: Date): void
  /** An interval that was over before it was heard of; one that is known already, in part too, is left. */
  past(interval: PastInterval): void
}

interface OpenState {
  readonly began: number
  readonly level: string
  readonly reason: string
}

/** The table of states, and what of it is open by lane. */
interface OpenLanes {
  readonly open: ReadonlyMap<string, OpenState>
  begin(state: LaneState, from: number): void
  end(lane: string, current: OpenState, at: number): void
}

function readOpen({ get }: Statements): Map<string, OpenState> {
  const rows = get('SELECT lane, began, level, reason FROM states WHERE ended IS NULL').all()
  return new Map(
    rows.map((row) => [
      String(row['lane']),
      { began: Number(row['began']), level: String(row['level']), reason: String(row['reason']) },
    ]),
  )
}

function nameLane({ run }: Statements, { lane, id, label }: Pick<LaneState, 'lane' | 'id' | 'label'>): void {
  run(
    'INSERT INTO lanes(key, id, label) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET id=excluded.id, label=excluded.label',
    lane,
    id,
    label,
  )
}

function createOpenLanes(statements: Statements): OpenLanes {
  const open = readOpen(statements)
  return {
    open,
    begin(state, from) {
      const { lane, level, reason, message } = state
      const last = Number(statements.get('SELECT max(ended) AS last FROM states WHERE lane=?').get(lane)?.['last'] ?? 0)
      const began = Math.max(from, last)
      statements.run(
        'INSERT INTO states(lane, began, ended, level, reason, message) VALUES(?, ?, NULL, ?, ?, ?) ON CONFLICT DO UPDATE SET ended=NULL, level=excluded.level, reason=excluded.reason, message=excluded.message',
        lane,
        began,
        level,
        reason,
        message,
      )
      nameLane(statements, state)
      open.set(lane, { began, level, reason })
    },
    end(lane, current, at) {
      // An interval has a length, however short: a problem that came and went within a millisecond was there.
      const ended = Math.max(at, current.began + 1)
      statements.run('UPDATE states SET ended=? WHERE lane=? AND began=?', ended, lane, current.began)
      open.delete(lane)
    },
  }
}

export function createLaneStates(statements: Statements): LaneStates {
  const { open, begin, end } = createOpenLanes(statements)

  return {
    state(state, now) {
      const { lane, level, reason } = state
      const current = open.get(lane)
      const since = Math.min(state.since.getTime(), now.getTime())
      if (level === 'healthy') {
        if (current !== undefined) end(lane, current, Math.max(since, current.began))
        return
      }
      if (current?.level === level && current.reason === reason) return
      if (current === undefined) {
        begin(state, since)
        return
      }
      // The same health at another severity keeps its since: what changed, changed now.
      const cut = since > current.began ? since : now.getTime()
      end(lane, current, cut)
      begin(state, cut)
    },
    onlyLanes(prefix, present, now) {
      for (const [lane, current] of [...open]) {
        if (lane.startsWith(prefix) && !present.has(lane)) end(lane, current, now.getTime())
      }
    },
    endLane(lane, now) {
      const current = open.get(lane)
      if (current !== undefined) end(lane, current, now.getTime())
    },
    past(interval) {
      const { lane, level, reason, message } = interval
      const from = interval.since.getTime()
      const to = Math.max(interval.until.getTime(), from + 1)
      const known = statements.get(
        'SELECT 1 FROM states WHERE lane=? AND began<? AND (ended IS NULL OR ended>?) LIMIT 1',
      )
      if (known.get(lane, to, from) !== undefined) return
      statements.run(
        'INSERT OR IGNORE INTO states(lane, began, ended, level, reason, message) VALUES(?, ?, ?, ?, ?, ?)',
        lane,
        from,
        to,
        level,
        reason,
        message,
      )
      nameLane(statements, interval)
    },
  }
}
