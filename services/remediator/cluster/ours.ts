/** What of ours stands on the node, and whether it may come off. Pure. */
import { type KubeNode, type KubeTaint, TAINTED, taintId } from '#kube'
import type { Problem, Proof, ToldRemediation } from '#model'
import { NO_EXECUTE, taintsOfOurs } from '../acts/taint.ts'
import { CORDONED, cordonedBy, cordonedFor, isCordonedByOthers, REBOOTING } from '../drain/cordon.ts'
import { mayCome } from '../reboot/steps.ts'
import { wantsLease } from '../state/left.ts'
import type { Left, SafetyState } from '../state/types.ts'

/** The step of an attempt after which the fleet's lease is not this node's any more. */
export const LEASE_BACK = 'lease-back'

/** What stands. */
export interface Ours {
  /** The attempt whose cordon it is; undefined: there is none of ours. */
  readonly cordon: string | undefined
  /** A person has uncordoned it, and our mark is left. */
  readonly isMarkLeft: boolean
}

/** Whether it is there, whatever the mark says. */
function stands({ spec }: KubeNode, { key, effect }: KubeTaint): boolean {
  return (spec?.taints ?? []).some((taint) => taint.key === key && taint.effect === effect)
}

/** What the node says of it. */
export function oursOn(node: KubeNode): Ours {
  const isCordoned = node.spec?.unschedulable === true
  const by = cordonedBy(node)
  return {
    cordon: isCordoned && !isCordonedByOthers(node) ? by : undefined,
    isMarkLeft: by !== undefined && !isCordoned,
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

/** Of an attempt that a mark names; undefined: nobody knows any more what it was. */
export type MarkedFor = Left | undefined

/** For whom the node stands cordoned, by its marks. */
export function cordonsOf(node: KubeNode, { left }: Pick<SafetyState, 'left'>): readonly MarkedFor[] {
  return cordonedFor(node).map((attempt) => left.find((each) => each.attempt === attempt))
}

/** By what a problem is known to be well. */
export interface ProvenBy {
  /** As the bus has it; undefined: it has none. */
  readonly find: (fingerprint: string) => Problem | undefined
  /** By what one that is not open is proven well now (`desk/witness.ts`); undefined: it is not. */
  readonly proofOf: (told: Pick<Left, 'teller'>, problem: Problem | undefined) => Proof | undefined
}

/**
 * Whether the problem that an attempt was for is proven healthy: the bus has it over, and proven well, in this opening or a later one; or not
 * at all, though it would. What is counted of it is nothing to what stands: a person may have had that forgotten.
 */
function isWell(left: Left, { find, proofOf }: ProvenBy): boolean {
  const { fingerprint, generation, opened } = left.opening
  const now = find(fingerprint)
  // A store that was made anew counts openings from the first on.
  if (now !== undefined && (now.phase !== 'resolved' || (now.generation < generation && now.opened < opened)))
    return false
  return proofOf(left, now) !== undefined
}

/** Whether every problem for which something stands there is proven healthy now. Of what nobody remembers nothing is proven. */
export function isProvenWell(marked: readonly MarkedFor[], by: ProvenBy): boolean {
  return marked.length > 0 && marked.every((one) => one !== undefined && isWell(one, by))
}

/** Our taints there that may come off: of each the problem is well for which it was put there last. A mark of which nobody knows is none of ours. */
export function wellTaints(node: KubeNode, { left }: Pick<SafetyState, 'left'>, by: ProvenBy): readonly KubeTaint[] {
  return taintsOfOurs(node).filter((taint) => {
    const last = left.findLast((one) => one.taint === taintId(taint))
    return last !== undefined && isWell(last, by)
  })
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

/**
 * Whether a taint of ours ends pods there: one that the journal knows of, since anybody who may patch the status of a node may write the
 * mark; of a journal that a person has put aside it need not know.
 */
function endsPods(node: KubeNode, { left, isRenewed }: Pick<SafetyState, 'left' | 'isRenewed'>): boolean {
  const isOurs = (taint: KubeTaint) => isRenewed || left.some((one) => one.taint === taintId(taint))
  return taintsOfOurs(node).some((taint) => taint.effect === NO_EXECUTE && stands(node, taint) && isOurs(taint))
}

/** Whether what stands there was left by an act that needs the fleet's lease; so it is of a cordon of which nobody knows any more. */
export function isDisturbed(node: KubeNode, state: Pick<SafetyState, 'left' | 'isRenewed'>): boolean {
  const ours = oursOn(node)
  if (endsPods(node, state)) return true
  return ours.cordon !== undefined && cordonsOf(node, state).some((one) => one?.isDisruptive ?? true)
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
