/** The node as the bus has it, with what the exporter's conditions want to hear of it. */
import type { BusReader } from '#bus'
import { type NodeCondition, provenAt } from '#model'
import { type NodeFeed as Followed, followNode as follow, type Voice } from '#node-feed'
import type { Clock } from '#service'

export interface NodeFeed extends Pick<Followed, 'conditions' | 'problems' | 'monitors' | 'known'> {
  voice(): Voice
  /** Up to when the detector has told what it knows. */
  readonly lastHeard: Date | undefined
}

export interface FeedOptions {
  readonly clock: Clock
  /** A condition was taken back. */
  readonly onWithdrawn: (condition: NodeCondition) => void
  /** Everything is read from the beginning: what is missing now may only not have come yet. */
  readonly onAnew: () => void
  /** Something is other than before. */
  readonly onChange: () => void
  /** Conditions of this type are other than before; all: every type may be. */
  readonly onType: (type: string, conditions: readonly NodeCondition[]) => void
}

export function followNode(
  reader: BusReader,
  { clock, onWithdrawn, onAnew, onChange, onType }: FeedOptions,
  signal: AbortSignal,
): NodeFeed {
  function moved(some: readonly NodeCondition[]): void {
    const all = [...feed.conditions.values()]
    const byType = Map.groupBy(
      some.length === 1 ? all.filter(({ type }) => type === some[0]?.type) : all,
      ({ type }) => type,
    )
    for (const type of new Set(some.map((one) => one.type))) onType(type, byType.get(type) ?? [])
  }

  function readAnew(): void {
    onAnew()
    onChange()
  }

  const others = { anew: readAnew, put: onChange, gone: onChange }
  const feed: Followed = follow(
    reader,
    {
      clock,
      conditions: {
        anew(facts, before) {
          onAnew()
          moved([...before, ...facts.values()])
          onChange()
        },
        put(condition) {
          moved([condition])
          onChange()
        },
        gone(condition) {
          moved([condition])
          onWithdrawn(condition)
          onChange()
        },
      },
      problems: others,
      monitors: others,
      onVoice: onChange,
    },
    signal,
  )
  return {
    conditions: feed.conditions,
    problems: feed.problems,
    monitors: feed.monitors,
    get known() {
      return feed.known
    },
    voice: feed.listening.voice,
    get lastHeard() {
      return feed.listening.lastHeard
    },
  }
}

/**
 * Conditions with the time of their last proof, as page and command line have it: a look that finds the same is not
 * written again, its check's run stands for it; what the detector says of itself is proven by its being there.
 */
export function vouchedFor(
  { conditions, monitors, lastHeard }: Pick<NodeFeed, 'conditions' | 'monitors' | 'lastHeard'>,
  now: Date,
): NodeCondition[] {
  const byName = new Map([...monitors.values()].map((monitor) => [monitor.name, monitor]))
  const detector = { state: 'live', lastHeartbeat: lastHeard, listeningSince: now } as const
  return [...conditions.values()].map((condition) => {
    const proven = provenAt(condition, byName, detector, now)
    return proven.getTime() === condition.observed.getTime() ? condition : { ...condition, observed: proven }
  })
}
