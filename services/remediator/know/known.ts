/** The node as the bus has it, for the desk. */
import type { BusReader } from '#bus'
import type { Clock } from '#clock'
import { conditionKey, DETECTOR, type NodeCondition, type Problem } from '#model'
import { type FactListener, followNode, type NodeFeed } from '#node-feed'
import type { Heartbeat } from '#proto/nodedoctor/v1/types.ts'
import { fromProtoProblem } from '#wire'
import type { Known } from '../desk/types.ts'
import { HEARTBEAT_MS, WAITING_MS } from '../gates/outer.ts'
import type { Safety } from '../safety/safety.ts'
import type { Teller } from '../state/types.ts'
import { createLooks, type Looks } from './looks.ts'

/** What the desk knows the node by. */
export interface KnownOptions {
  readonly reader: BusReader
  readonly safety: Pick<Safety, 'nowMs'>
  readonly clock: Clock
  /** Something may be otherwise. */
  readonly changed: () => void
  readonly isGoingDown: () => boolean
  readonly signal: AbortSignal
}

/** Facts by what the desk calls them, and who keeps them so. */
function indexed<T>(nameOf: (fact: T) => string, changed: () => void) {
  const facts = new Map<string, T>()
  const listener: FactListener<T> = {
    anew(all) {
      facts.clear()
      for (const fact of all.values()) facts.set(nameOf(fact), fact)
      changed()
    },
    put(fact) {
      facts.set(nameOf(fact), fact)
      changed()
    },
    gone(fact) {
      facts.delete(nameOf(fact))
      changed()
    },
  }
  return { listener, of: (name: string) => facts.get(name) }
}

/** What the detector's heartbeats say, and how old the last is. */
function createHeartbeats(clock: Clock, changed: () => void) {
  let heardMs: number | undefined
  let waitingMs = 0
  let behindMs: ReadonlyMap<string, number> = new Map()

  /** It vouches for what all monitors tell. */
  function isAwake(): boolean {
    const isHeard = heardMs !== undefined && clock.monotonicMs() - heardMs <= HEARTBEAT_MS
    return isHeard && [waitingMs, ...behindMs.values()].every((ms) => ms <= WAITING_MS)
  }

  return {
    heard({ unstoredMs, behind }: Heartbeat): void {
      const wasAwake = isAwake()
      heardMs = clock.monotonicMs()
      waitingMs = unstoredMs
      behindMs = new Map(behind.map((one) => [one.monitor, one.unstoredMs]))
      // What was not believed a moment ago may be now: it waits for no turn. Others follow with what they change.
      if (!wasAwake && isAwake()) changed()
    },
    told: () => ({
      heartbeatAgeMs: heardMs === undefined ? undefined : clock.monotonicMs() - heardMs,
      waitingMs,
      behindMs,
    }),
  }
}

/** What is known of who would tell of it. */
interface Telling {
  readonly looks: Pick<Looks, 'isWatching' | 'hasLookedSince'>
  readonly conditionOf: (key: string) => NodeCondition | undefined
  /** When the bus was read from its beginning last, in journal time. */
  readonly readMs: number
}

function isAbsent(teller: Teller, { looks, conditionOf, readMs }: Telling): boolean {
  const { monitor, type, entity = '' } = teller
  // What the detector tells of itself and of monitors it tells by being heard.
  if (monitor !== DETECTOR && !looks.isWatching(teller)) return false
  const condition = type === undefined ? undefined : conditionOf(conditionKey(type, entity))
  return (condition === undefined || condition.health === 'healthy') && looks.hasLookedSince(teller, readMs)
}

/** Follows it until the signal aborts. */
export function createKnown(options: KnownOptions): Known & { readonly feed: NodeFeed } {
  const { reader, safety, clock, changed, isGoingDown, signal } = options
  const looks = createLooks({ nowMs: safety.nowMs, wallMs: () => clock.now().getTime() })
  let readMs = Number.POSITIVE_INFINITY
  const problems = indexed((problem: Problem) => problem.fingerprint, changed)
  const conditions = indexed(({ type, entity }: NodeCondition) => conditionKey(type, entity), changed)
  const heartbeats = createHeartbeats(clock, changed)
  const feed = followNode(
    reader,
    {
      clock,
      conditions: conditions.listener,
      problems: {
        ...problems.listener,
        anew(facts, before) {
          readMs = safety.nowMs()
          problems.listener.anew?.(facts, before)
        },
      },
      monitors: {
        anew(facts) {
          for (const monitor of facts.values()) looks.heard(monitor)
          changed()
        },
        put: (monitor) => {
          looks.heard(monitor)
          changed()
        },
        gone: ({ name }) => looks.gone(name),
      },
      onHeartbeat: heartbeats.heard,
    },
    signal,
  )

  return {
    feed,
    isKnown: () => feed.known,
    problems: () => feed.problems.values(),
    problem: (fingerprint) => problems.of(fingerprint),
    around(problem) {
      const condition = conditions.of(conditionKey(problem.type, problem.entity))
      return { problem, condition, look: looks.of(problem, condition) }
    },
    isWatching: looks.isWatching,
    isAbsent: (teller) => isAbsent(teller, { looks, conditionOf: conditions.of, readMs }),
    detector: () => ({
      ...heartbeats.told(),
      // The monotonic clock begins with the boot.
      nodeUpMs: clock.monotonicMs(),
      isGoingDown: isGoingDown(),
    }),
    async askNow(fingerprint) {
      const now = await reader.get('problems', { fingerprint })
      return now && fromProtoProblem(now.value, clock.now())
    },
  }
}
