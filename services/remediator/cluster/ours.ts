/** What of ours stands on the node, and whether it may come off. Pure. */
import { CORDONED_BEFORE, type KubeNode, type KubeTaint, TAINTED, taintId } from '#kube'
import type { Act, Opening, Problem, ToldRemediation } from '#model'
import { isRemedy, REMEDIES } from '#remedies'
import { endsPods, NO_EXECUTE, taintsOfOurs } from '../acts/taint.ts'
import { CORDONED, cordonedBy, isCordonedByOthers, REBOOTING } from '../drain/cordon.ts'
import { mayCome } from '../reboot/steps.ts'
import type { Ring } from '../safety/ring.ts'
import { PROOFS_OF_HEALTH } from '../state/fold.ts'
import { named } from '../state/named.ts'
import { type SafetyState, strategyOf } from '../state/types.ts'

/** Strategies that leave something on the node until it is well. */
const LEAVING: ReadonlySet<string> = new Set(['cordon', 'drain', 'taint', 'node-reboot'])

/** The step of an attempt after which the fleet's lease is not this node's any more. */
export const LEASE_BACK = 'lease-back'

/** What stands. */
export interface Ours {
  /** The attempt whose cordon it is; undefined: there is none of ours. */
  readonly cordon: string | undefined
  /** A person has uncordoned it, and our mark is left. */
  readonly isMarkLeft: boolean
  readonly hasTaints: boolean
  /** A taint of ours ends pods. */
  readonly endsPods: boolean
}

/** Whether it is there, whatever the mark says. */
function stands({ spec }: KubeNode, { key, effect }: KubeTaint): boolean {
  return (spec?.taints ?? []).some((taint) => taint.key === key && taint.effect === effect)
}

/** What the node says of it. */
export function oursOn(node: KubeNode): Ours {
  const isCordoned = node.spec?.unschedulable === true
  const by = cordonedBy(node)
  const taints = taintsOfOurs(node)
  return {
    cordon: isCordoned && !isCordonedByOthers(node) ? by : undefined,
    isMarkLeft: by !== undefined && !isCordoned,
    hasTaints: taints.length > 0,
    endsPods: taints.some((taint) => taint.effect === NO_EXECUTE && stands(node, taint)),
  }
}

/** Annotations that an act of ours leaves. */
const MARKS = [CORDONED, TAINTED, REBOOTING] as const

/**
 * A mark of ours on a node of which this journal never heard: it is of one that was lost, with every limit that it knew. In words; "": there
 * is none, or a person has said that it need not be known.
 */
export function strangeMark({ metadata }: KubeNode, { nodeUid, isRenewed }: SafetyState): string {
  if (nodeUid !== '' || isRenewed) return ''
  const mark = MARKS.find((key) => metadata.annotations?.[key] !== undefined)
  return mark === undefined ? '' : `the node carries our mark ${mark}, and there is no journal of what was done`
}

/** Whether its kubelet says that it is. */
export function isReady({ status }: KubeNode): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True')
}

function isLeaving(key: string): boolean {
  return LEAVING.has(strategyOf(key))
}

/** Openings for which the attempts that the node's marks name were begun, as far as anybody remembers; of taints the last that was put there. */
export function markedFor({ metadata }: KubeNode, ring: Pick<Ring, 'startOf' | 'all'>): readonly Opening[] {
  const { [CORDONED]: by, [CORDONED_BEFORE]: before, [TAINTED]: tainted } = metadata.annotations ?? {}
  const attempts = [by, before, tainted === undefined ? undefined : lastTaint(ring.all())]
  return attempts.flatMap((attempt) => (attempt === undefined ? [] : (ring.startOf(attempt)?.problem.opening ?? [])))
}

/** Of problems that nobody counts any more, as after a person's reset. */
export interface ProvenBy {
  /** For which what stands there was done ({@link markedFor}). */
  readonly marked: readonly Opening[]
  /** As the bus has it; undefined: it has none. */
  readonly find: (fingerprint: string) => Problem | undefined
  /** Its check looks no more. */
  readonly isLate: (problem: Problem) => boolean
}

/** Whether the problem is over by its own rule, in this opening or a later one. */
function isOver({ fingerprint, generation }: Opening, { find, isLate }: ProvenBy): boolean {
  const now = find(fingerprint)
  if (now === undefined || now.phase !== 'resolved' || now.generation < generation || isLate(now)) return false
  return now.proof !== undefined && PROOFS_OF_HEALTH.has(now.proof)
}

/**
 * Whether every problem for which something may have been left there is proven healthy now: those that are counted, and those that the marks
 * name, though a person has had them forgotten. Of what nobody remembers nothing is proven.
 */
export function isProvenWell({ ledgers: { act } }: SafetyState, by: ProvenBy): boolean {
  const counted = Object.values(act.problems).filter(({ acts }) => Object.keys(acts).some(isLeaving))
  const forgotten = by.marked.filter(({ fingerprint }) => {
    const known = named(act.problems, fingerprint)
    return known === undefined || !Object.keys(known.acts).some(isLeaving)
  })
  if (counted.length + forgotten.length === 0) return false
  return (
    counted.every(({ healthySinceMs }) => healthySinceMs !== undefined) && forgotten.every((one) => isOver(one, by))
  )
}

/** What of ours stands there, and how a person takes it off, in words; "": nothing does. */
export function leftWords(node: KubeNode): string {
  const { name } = node.metadata
  const taints = taintsOfOurs(node).filter((taint) => stands(node, taint))
  return [
    ...(oursOn(node).cordon === undefined ? [] : [`the node stays cordoned until "kubectl uncordon ${name}"`]),
    ...taints.map((taint) => `its taint stays until "kubectl taint nodes ${name} ${taintId(taint)}-"`),
  ].join('; ')
}

/** Whether an attempt has ended without what it was for, and nothing of it may come any more: what it left is for nothing. */
export function isInVain(records: readonly ToldRemediation[], attempt: string): boolean {
  const whats = records.flatMap(({ what }) => ('attempt' in what && what.attempt === attempt ? [what] : []))
  const isFailed = whats.some((what) => what.kind === 'ended' && what.outcome !== 'succeeded')
  return isFailed && !mayCome(whats.flatMap((what) => (what.kind === 'step' ? [what] : [])))
}

/** Whether what stands there was left by an act that needs the fleet's lease; so it is of a cordon of which nobody knows any more. */
export function isDisturbed({ startOf }: Pick<Ring, 'startOf'>, { cordon, endsPods }: Ours): boolean {
  if (endsPods) return true
  if (cordon === undefined) return false
  const strategy = startOf(cordon)?.act.strategy
  return strategy === undefined || !isRemedy(strategy) || REMEDIES[strategy].isDisruptive
}

/** An act for which the fleet was asked. */
function wantsLease(act: Act): boolean {
  const { strategy } = act
  return isRemedy(strategy) && (REMEDIES[strategy].isDisruptive || (strategy === 'taint' && endsPods(act)))
}

/** The last attempt that the lease was taken for, where nobody has journalled that it was given back. */
export function leaseOwedBy(records: readonly ToldRemediation[]): string | undefined {
  const last = records.findLast(({ what }) => what.kind === 'started' && what.mode === 'act' && wantsLease(what.act))
  const attempt = last?.what.kind === 'started' ? last.what.attempt : undefined
  const isBack = records.some(
    ({ what }) => what.kind === 'step' && what.attempt === attempt && what.step === LEASE_BACK,
  )
  return isBack ? undefined : attempt
}

/** The attempt that put a taint there last. */
export function lastTaint(records: readonly ToldRemediation[]): string | undefined {
  const found = records.findLast(({ what }) => what.kind === 'started' && what.act.strategy === 'taint')
  return found?.what.kind === 'started' ? found.what.attempt : undefined
}
