/** What the node's conditions should be: the entities of one type as the one condition that Kubernetes has for it. Pure. */
import { entityName, type NodeCondition, statusOf } from '#model'
import type { Origins } from '../state/origins.ts'
import { beginsWith, kubeText, MESSAGE_MAX_BYTES, REASON_MAX_BYTES, todoText } from '../text.ts'
import { countedAmong } from './counted.ts'
import type { Naming } from './naming.ts'
import { NOT_KNOWN, rankOf, sinceOf, worstFirst } from './rank.ts'
import type { Tracker } from './tracker.ts'

/** One condition of the node as it should be. */
export interface Desired {
  /** Its name on the node. */
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** Since when it has this status, by what the checks say. */
  readonly since: Date
  /** When the check that looked longest ago looked. */
  readonly observed: Date
  /** `since` is exact: seen by this process, or of one entity. Else what stands on the node is at least as true. */
  readonly exact: boolean
  /** How bad: {@link WELL}, {@link WATCHED}, {@link NOT_KNOWN}, and above by severity. */
  readonly rank: number
  /** Our types behind it. */
  readonly types: readonly string[]
  /** The plug-in that nobody configured and that alone speaks of it; "" where somebody else does. */
  readonly plugin: string
  /** It is told word by word, reason and message may be empty, and whatever differs counts at once. */
  readonly verbatim?: true | undefined
  /** It says nothing of its own on how the node is: the first words of a configuration, or the sum of another condition. */
  readonly uncounted?: true | undefined
}

export interface Silence {
  /** The detector was heard last; undefined: never since this exporter started. */
  readonly lastHeard: Date | undefined
  /** Since when it counts as silent. */
  readonly since: Date
}

/** "/var: 96 % of 200 GiB used", "GPU 3, H200: a row cannot be remapped, to do: replace the hardware" */
function told(condition: NodeCondition): string {
  const { entity, subject, message, summary } = condition
  const text = `${message === '' ? summary : message}${todoText(condition)}`
  const name = subject ?? entityName(entity)
  return (entity === '' && subject === undefined) || beginsWith(text, name) ? text : `${name}: ${text}`
}

/** Where somebody has something to do, what proves that it was done; "" else. */
function proofOf(condition: NodeCondition): string {
  return condition.health === 'problem' && todoText(condition) !== '' ? condition.recovery : ''
}

function toldWithProof(condition: NodeCondition): string {
  const proof = proofOf(condition)
  return `${told(condition)}${proof === '' ? '' : `, gone when: ${proof}`}`
}

/** With what proves it gone, where there is room for that: before it is what is wrong, and what is to be done. */
function messageOf(worst: NodeCondition, all: readonly NodeCondition[]): string {
  const words = wordsOf(worst, all, told)
  const [proof = '', ...others] = new Set(all.map(proofOf).filter((one) => one !== ''))
  if (proof === '') return words
  const whole = others.length === 0 ? `${words}; gone when: ${proof}` : wordsOf(worst, all, toldWithProof)
  return Buffer.byteLength(whole) <= MESSAGE_MAX_BYTES ? whole : words
}

function wordsOf(worst: NodeCondition, all: readonly NodeCondition[], wordsFor: typeof told): string {
  if (all.length === 1) return wordsFor(worst)
  if (worst.health === 'healthy')
    return `${all.length} are well: ${all.map(({ entity, subject }) => subject ?? entityName(entity)).join(', ')}`
  const bad = all.filter(({ health }) => health !== 'healthy')
  const rest = all.length - bad.length
  return bad.map(wordsFor).join('; ') + (rest > 0 ? `; ${rest} ${rest === 1 ? 'other is' : 'others are'} well` : '')
}

function mergeEntities(
  type: string,
  conditions: readonly NodeCondition[],
  { tracker, origins, verbatim }: Pick<Wishing, 'tracker' | 'origins' | 'verbatim'>,
): Desired | undefined {
  const all = conditions.toSorted(worstFirst)
  const [worst] = all
  if (worst === undefined) return undefined
  const types = [...new Set(all.map((one) => one.type))]
  // Two types under one name have no history of their own.
  const tracked = types.length === 1 ? tracker.of(worst.type) : undefined
  const isVerbatim = all.length === 1 && verbatim?.has(worst.type)
  const words = isVerbatim
    ? { reason: worst.reason, message: worst.message, verbatim: true as const }
    : { reason: kubeText(worst.reason, REASON_MAX_BYTES), message: kubeText(messageOf(worst, all), MESSAGE_MAX_BYTES) }
  return {
    type,
    status: statusOf(worst.health, worst.polarity),
    ...words,
    since: tracked?.since ?? sinceOf(worst, all),
    exact: tracked?.exact ?? all.length === 1,
    observed: new Date(Math.min(...all.map(({ observed }) => observed.getTime()))),
    rank: rankOf(worst),
    types,
    plugin: origins.pluginOf(all.flatMap(({ sources }) => sources)),
  }
}

export interface Wishing {
  readonly naming: Naming
  readonly origins: Origins
  readonly tracker: Tracker
  /** Types that are told word by word. */
  readonly verbatim?: ReadonlySet<string>
}

/**
 * By name on the node. Two types that end in one name (plug-ins' only) are taken as entities of one. What comes from a
 * monitor that the bus has not told of yet waits: its name depends on what that is.
 */
export function desiredConditions(conditions: Iterable<NodeCondition>, wishing: Wishing): Map<string, Desired> {
  const { naming, origins } = wishing
  const byName = new Map<string, NodeCondition[]>()
  for (const condition of conditions) {
    if (!origins.areKnown(condition.sources)) continue
    const name = naming(condition.type, origins.pluginOf(condition.sources) !== '')
    if (name === '') continue
    const known = byName.get(name)
    if (known === undefined) byName.set(name, [condition])
    else known.push(condition)
  }
  const desired = new Map<string, Desired>()
  const isCounted = countedAmong([...byName.values()].flat())
  for (const [name, group] of byName) {
    const merged = mergeEntities(name, group, wishing)
    if (merged === undefined) continue
    desired.set(name, group.some(isCounted) ? merged : { ...merged, uncounted: true })
  }
  return desired
}

/**
 * Nobody vouches any more: everything that stands on the node is unknown (docs/architecture.md, section 6, rule 8).
 * @param standing names that are there and are ours
 */
export function silentConditions(
  known: ReadonlyMap<string, Desired>,
  standing: Iterable<string>,
  { lastHeard, since }: Silence,
): Map<string, Desired> {
  const text =
    lastHeard === undefined
      ? 'the detector has said nothing since the exporter started'
      : `the detector was heard last at ${lastHeard.toISOString().slice(0, 19)}Z`
  return new Map(
    [...standing].map((type) => [
      type,
      {
        type,
        status: 'Unknown',
        reason: 'DetectorUnreachable',
        message: text,
        since,
        observed: known.get(type)?.observed ?? since,
        exact: true,
        rank: NOT_KNOWN,
        types: [],
        plugin: '',
      },
    ]),
  )
}
