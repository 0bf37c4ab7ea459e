/** What should stand on the node now: from what the bus says, who vouches for it, and what has a place. Wiring of pure parts. */
import type { NodeDoctorConfig } from '#config'
import { type KubeNode, type MarkKey, parseMark } from '#kube'
import { type NodeCondition, SUMMARY_CONDITION } from '#model'
import type { Clock } from '#service'
import { markKeyOf } from '../config.ts'
import { type NodeFeed, vouchedFor } from '../state/node-feed.ts'
import { createOrigins } from '../state/origins.ts'
import { type Desired, desiredConditions, silentConditions } from './desired.ts'
import { createNaming, summaryName } from './naming.ts'
import { WATCHED } from './rank.ts'
import { selectConditions } from './select.ts'
import { summaryOf } from './summary.ts'
import { createTracker } from './tracker.ts'

type Kubernetes = NodeDoctorConfig['exporters']['kubernetes']

/** What the detector says of a file of node-problem-detector that cannot be used. */
export const NPD_CONFIG = 'NPDConfigInvalid'

export interface WishOptions {
  readonly kubernetes: Pick<Kubernetes, 'conditionPrefix' | 'conditionTypes' | 'conditions' | 'discovered' | 'scope'>
  /** Condition types of node-problem-detector's files. */
  readonly npdTypes: readonly string[]
  readonly clock: Clock
  readonly feed: () => NodeFeed
  /** As the server last showed it. */
  readonly node: () => KubeNode | undefined
}

export interface Wish {
  /** Every change of a type's conditions, one by one. */
  saw(type: string, conditions: readonly NodeCondition[]): void
  /** The detector withdrew it. */
  takenBack(condition: NodeCondition): void
  /** undefined: nothing is known yet, and nothing may be written. */
  conditions(written: ReadonlySet<string>): ReadonlyMap<string, Desired> | undefined
  /** Names that are ours whoever wrote them. */
  claimed(): ReadonlySet<string>
  /** Names that go at once, as of the last call of `conditions`. */
  over(): ReadonlySet<string>
  /** Conditions that are not well and found no place. */
  readonly leftOut: number
}

/** What of the configuration says which conditions are told, and how they are called. */
function createRules({ kubernetes, npdTypes }: WishOptions) {
  const { conditionPrefix: prefix, conditionTypes: types, discovered, scope } = kubernetes
  const verbatim = new Set(npdTypes)
  const never = new Set(kubernetes.conditions.never)
  const isAlone = scope === 'npd'
  return {
    verbatim,
    never,
    naming: createNaming({ prefix, types, discovered, verbatim }),
    isAlone,
    markKey: markKeyOf(kubernetes),
    always: new Set(isAlone ? [NPD_CONFIG] : kubernetes.conditions.always),
    summary: isAlone || never.has(SUMMARY_CONDITION) ? '' : summaryName(types),
    isOfScope: ({ types: of, rank }: Desired) =>
      !isAlone || of.every((type) => verbatim.has(type) || (type === NPD_CONFIG && rank > WATCHED)),
  }
}

/** What is ours and is there. @param own names that are ours whatever the mark says */
function standingOn(node: KubeNode | undefined, markKey: MarkKey | undefined, own: Iterable<string>): Set<string> {
  if (node === undefined) return new Set()
  const ours = new Set([...(markKey === undefined ? [] : parseMark(node, markKey).conditions), ...own])
  return new Set((node.status?.conditions ?? []).map(({ type }) => type).filter((type) => ours.has(type)))
}

export function createWish(options: WishOptions): Wish {
  const { clock, feed, node } = options
  const { naming, isAlone, markKey, summary, ...rules } = createRules(options)
  const { verbatim } = rules
  const tracker = createTracker()
  const origins = createOrigins()
  const withdrawn = new Set<string>()
  let retired: ReadonlySet<string> = new Set()
  let leftOut = 0

  /** Beside them, how the node is as a whole: with what has no place, too. */
  function withSummary(known: ReadonlyMap<string, Desired>, chosen: Map<string, Desired>): void {
    if (summary === '') return
    const { lastHeard } = feed()
    const voice = feed().voice()
    const asOf = voice.state === 'late' ? voice.asOf : undefined
    const one = summaryOf({
      name: summary,
      known: [...known.values()],
      leftOut,
      asOf,
      observed: lastHeard ?? clock.now(),
    })
    chosen.set(summary, one)
  }

  function claimed(): Set<string> {
    return new Set([...verbatim].map((type) => naming(type, false)).filter((name) => name !== ''))
  }

  return {
    saw: (type, conditions) => tracker.saw(type, conditions, clock.now()),
    takenBack({ type, sources }) {
      withdrawn.add(naming(type, origins.pluginOf(sources) !== ''))
    },
    conditions(written) {
      const { monitors, known: isKnown, lastHeard } = feed()
      const voice = feed().voice()
      const standing = standingOn(node(), markKey, written)
      origins.learn(monitors.values())
      const known = desiredConditions(vouchedFor(feed(), clock.now()), { naming, origins, tracker, verbatim })
      if (voice.state === 'silent') {
        retired = new Set()
        // The mark is of every npd of the node: ours knows nothing of what another one's files say.
        const ours = isAlone ? standingOn(node(), undefined, [...written, ...claimed()]) : standing
        return silentConditions(known, ours, { lastHeard, since: voice.since })
      }
      // A detector always has conditions of its own: none at all is a bus that was made anew a moment ago.
      if (!isKnown || voice.state === 'awaited' || known.size === 0) return undefined
      const selection = selectConditions({ ...rules, known, standing, tracker, now: clock.now() })
      for (const name of known.keys()) withdrawn.delete(name)
      retired = selection.retired
      leftOut = selection.leftOut.length
      withSummary(known, selection.chosen)
      return selection.chosen
    },
    claimed,
    over: () => new Set([...withdrawn, ...retired]),
    get leftOut() {
      return leftOut
    },
  }
}
