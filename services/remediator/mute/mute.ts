/** What a Node object says of whether it is to be repaired: people, other tools, what kind of node it is. Pure. */
import type { KubeNode } from '#kube'
import { cutText } from '#model'
import { isCordonedByOthers } from '../drain/cordon.ts'
import type { Mute } from '../gates/types.ts'
import type { SafetyState } from '../state/types.ts'
import { FOREIGN_MARKS, type ForeignMark } from './marks.ts'

/** The annotation by which an operator switches repairs of one node: on, off, observe. */
export const REMEDIATION = 'node-doctor.io/remediation'
/** The annotation by which an operator approves acts: their ids, separated by commas. */
export const APPROVE = 'node-doctor.io/approve'

/** What it says that has to be known without an API server too, so that it is journalled. `nodeUid` "": it was never heard. */
export type LastWord = Pick<SafetyState, 'nodeUid' | 'remediation' | 'holds'>

/** What is known of the Node object. */
export interface NodeWord {
  /** As last heard; undefined: it was never heard. */
  readonly node: KubeNode | undefined
  /** `silent`: what is known may be over. `none`: this machine is of no cluster. */
  readonly api: 'speaks' | 'silent' | 'none'
  /** What it said to an earlier process, for as long as it was not heard. Default: it never was. */
  readonly before?: LastWord | undefined
}

type Hold = Mute['holds'][number]

/** An annotation of whoever it is goes into words no longer than this. */
const SHOWN_MAX = 64
const APPROVALS_MAX = 16
/** Of the annotation so much is kept, and of each hold. */
const KEPT_MAX = 128
const HOLDS_MAX = 8
const NOT_HEARD: Hold = { text: 'the node was not heard of yet' }
/** As `approvalId` makes them. */
const APPROVAL = /^[0-9a-f]{8}-\d{1,10}$/
const SWITCHES = ['on', 'off', 'observe'] as const
/** Of kubeadm since 1.20, and before it (https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane). */
const CONTROL_PLANES = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

/**
 * What holds repairs back, as far as the node says it. What is known holds while the API is silent, and then nothing is disturbed besides; of
 * a node that was never heard nobody knows whether it is to be left alone.
 * Hours and windows are the configuration's: they come beside.
 */
export function muteOf({ node, api, before }: NodeWord): Mute {
  if (api === 'none') return { annotation: 'on', holds: [], disruptiveHolds: [] }
  const silent: Hold[] = api === 'silent' ? [{ text: 'the API server is silent' }] : []
  if (node === undefined) {
    const disruptiveHolds = [...silent, NOT_HEARD]
    if (before === undefined || before.nodeUid === '') return { annotation: 'on', holds: [NOT_HEARD], disruptiveHolds }
    const { annotation, holds } = switched(before.remediation === '' ? undefined : before.remediation)
    return { annotation, holds: [...holds, ...before.holds.map((text) => ({ text }))], disruptiveHolds }
  }
  const { annotation, holds } = switched(remediationOf(node))
  return {
    annotation,
    holds: [...holds, ...goingAway(node), ...marked(node, 'everything')],
    disruptiveHolds: [...silent, ...marked(node, 'disruptive'), ...cordoned(node), ...controlPlane(node)],
  }
}

/** What a node says that is to be journalled. */
export function wordOf(node: KubeNode): LastWord {
  return {
    nodeUid: node.metadata.uid ?? '',
    // Longer than any word of ours: it is kept as one that is none.
    remediation: remediationOf(node)?.slice(0, KEPT_MAX) ?? '',
    holds: kept([...goingAway(node), ...marked(node, 'everything')]),
  }
}

/** The same of a node whose object is there no more: its last word, and that. */
export function goneAfter(last: LastWord, gone: Hold): LastWord {
  return { ...last, holds: kept([gone, ...last.holds.map((text) => ({ text }))]) }
}

function kept(holds: readonly Hold[]): readonly string[] {
  return [...new Set(holds.map(({ text }) => cutText(text, KEPT_MAX)))].slice(0, HOLDS_MAX)
}

/** Ids of the acts that the node's annotation approves; what is no id is passed over. */
export function approvalsOf({ metadata }: KubeNode): readonly string[] {
  const text = textOf(metadata.annotations?.[APPROVE]) ?? ''
  const ids = text.split(',', APPROVALS_MAX).map((one) => one.trim().toLowerCase())
  return [...new Set(ids.filter((id) => APPROVAL.test(id)))]
}

/** What its annotation says, as it is written; undefined: it has none. */
export function remediationOf({ metadata }: KubeNode): string | undefined {
  return textOf(metadata.annotations?.[REMEDIATION])
}

/** What is no word of ours is taken for a wish to be left alone, and said. */
function switched(text: string | undefined): Pick<Mute, 'annotation'> & { readonly holds: readonly Hold[] } {
  if (text === undefined) return { annotation: 'on', holds: [] }
  const word = SWITCHES.find((known) => known === text.trim().toLowerCase())
  if (word !== undefined) return { annotation: word, holds: [] }
  return {
    annotation: 'on',
    holds: [{ text: `the node is annotated ${REMEDIATION}=${shown(text)}, which is none of on, off, observe` }],
  }
}

function marked(node: KubeNode, which: ForeignMark['holds']): Hold[] {
  return FOREIGN_MARKS.filter((mark) => mark.holds === which && stands(mark, node)).map(holdOf)
}

function goingAway({ metadata }: KubeNode): Hold[] {
  return textOf(metadata.deletionTimestamp) === undefined ? [] : [{ text: 'the node is being deleted' }]
}

function cordoned(node: KubeNode): Hold[] {
  return isCordonedByOthers(node) ? [{ text: 'the node is cordoned, and not by us' }] : []
}

function controlPlane({ metadata }: KubeNode): Hold[] {
  return CONTROL_PLANES.some((label) => metadata.labels?.[label] !== undefined)
    ? [{ text: 'the node is of the control plane' }]
    : []
}

/** Whether it stands on the node. */
function stands({ on, key, value }: ForeignMark, { metadata, spec, status }: KubeNode): boolean {
  const isMeant = (found: string | undefined) => found !== undefined && (value === undefined || found === value)
  switch (on) {
    case 'taint':
      return (spec?.taints ?? []).some((taint) => taint.key === key && isMeant(taint.value ?? ''))
    case 'condition':
      return (status?.conditions ?? []).some((condition) => condition.type === key && isMeant(condition.status))
    case 'annotation':
      return isMeant(metadata.annotations?.[key])
    case 'label':
      return isMeant(metadata.labels?.[key])
  }
}

function holdOf({ owner, on, key, means }: ForeignMark): Hold {
  return { text: `the node ${means}: ${on} ${key} of ${owner}` }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text)
}
