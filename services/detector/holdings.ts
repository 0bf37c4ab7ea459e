/** What each monitor holds of the state, kept up to date by its changes: conditions, their bytes, entities of a type. */
import { bytesOf, type Change, conditionKey, count, type Holdings, isOpen, type NodeState, type Tally } from '#model'

export interface HoldingsBook {
  /** Before the changes are applied. */
  saw(changes: readonly Change[]): void
  /** Asked anew each time: it is what the monitor holds then. */
  of(monitor: string): Holdings
}

/** @param isPlugIn monitors that are not ours */
export function createHoldings(state: NodeState, isPlugIn: (monitor: string) => boolean): HoldingsBook {
  const conditions: Tally = new Map()
  const bytes: Tally = new Map()
  const entities: Tally = new Map()

  function typeKey(monitor: string, type: string): string {
    return `${monitor}\u0000${type}`
  }

  function move(change: Extract<Change, { kind: 'source' }>): void {
    const { monitor, type, entity } = change
    const before = state.sources.get(typeKey(monitor, conditionKey(type, entity)))
    const added = (change.value === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    if (added !== 0) {
      count(conditions, monitor, added)
      count(entities, typeKey(monitor, type), added)
    }
    const size = change.value === undefined ? 0 : bytesOf(change.value.observation)
    count(bytes, monitor, size - (before === undefined ? 0 : bytesOf(before.observation)))
  }

  function ofPlugIns(): number {
    let sum = 0
    for (const [monitor, held] of conditions) if (isPlugIn(monitor)) sum += held
    return sum
  }

  /** By reason. */
  function eventEntities(monitor: string): ReadonlyMap<string, ReadonlySet<string>> {
    const found = new Map<string, Set<string>>()
    for (const problem of state.problems.values()) {
      if (!problem.fromEvent || problem.owner !== monitor || !isOpen(problem)) continue
      const entities = found.get(problem.type) ?? new Set()
      found.set(problem.type, entities.add(problem.entity))
    }
    return found
  }

  return {
    saw(changes) {
      for (const change of changes) if (change.kind === 'source') move(change)
    },
    of(monitor) {
      // Of a report with a hundred reasons the problems are looked through once.
      let byReason: ReturnType<typeof eventEntities> | undefined
      return {
        condition: (key) => state.sources.get(typeKey(monitor, key))?.observation,
        get conditions() {
          return conditions.get(monitor) ?? 0
        },
        get bytes() {
          return bytes.get(monitor) ?? 0
        },
        eventEntities(reason) {
          byReason ??= eventEntities(monitor)
          return byReason.get(reason) ?? new Set()
        },
        entities: (type) => entities.get(typeKey(monitor, type)) ?? 0,
        get ofPlugIns() {
          return isPlugIn(monitor) ? ofPlugIns() : 0
        },
      }
    },
  }
}
