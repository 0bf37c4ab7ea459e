/** What a Node object says of whether it is to be repaired: people, other tools, what kind of node it is. Pure. */
import type { KubeNode } from '#kube'
import { isCordonedByOthers } from '../drain/cordon.ts'
import type { Mute } from '../gates/types.ts'
import { FOREIGN_MARKS, type ForeignMark } from './marks.ts'

/** The annotation by which an operator switches repairs of one node: on, off, observe. */
export const REMEDIATION = 'node-doctor.io/remediation'
/** The annotation by which an operator approves acts: their ids, separated by commas. */
export const APPROVE = 'node-doctor.io/approve'

/** What is known of the Node object. */
export interface NodeWord {
  /** As last heard; undefined: it was never heard. */
  readonly node: KubeNode | undefined
  /** `silent`: what is known may be over. `none`: this machine is of no cluster. */
  readonly api: 'speaks' | 'silent' | 'none'
  /** What its annotation {@link REMEDIATION} said to an earlier process, for as long as the node was not heard of. Default: nothing. */
  readonly before?: string | undefined
}

type Hold = Mute['holds'][number]

/** An annotation of whoever it is goes into words no longer than this. */
const SHOWN_MAX = 64
const APPROVALS_MAX = 16
/** As `approvalId` makes them. */
const APPROVAL = /^[0-9a-f]{8}-\d{1,10}$/
const SWITCHES = ['on', 'off', 'observe'] as const
/** Of kubeadm since 1.20, and before it (https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane). */
const CONTROL_PLANES = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

/**
 * What holds repairs back, as far as the node says it. What is known holds while the API is silent, and then nothing is disturbed besides.
 * Hours and windows are the configuration's: they come beside.
 */
export function muteOf({ node, api, before = '' }: NodeWord): Mute {
  if (api === 'none') return { annotation: 'on', holds: [], disruptiveHolds: [] }
  const silent: Hold[] = api === 'silent' ? [{ text: 'the API server is silent' }] : []
  if (node === undefined) {
    const disruptiveHolds = [...silent, { text: 'the node was not heard of yet' }]
    return { ...switched(before === '' ? undefined : before), disruptiveHolds }
  }
  const { annotation, holds } = switched(remediationOf(node))
  const marks = FOREIGN_MARKS.filter((mark) => stands(mark, node))
  const told = (which: ForeignMark['holds']) => marks.filter((mark) => mark.holds === which).map(holdOf)
  return {
    annotation,
    holds: [...holds, ...goingAway(node), ...told('everything')],
    disruptiveHolds: [...silent, ...told('disruptive'), ...cordoned(node), ...controlPlane(node)],
  }
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
