/**
 * What of a node is ours, written on the node itself, in the same patch as what it speaks of: so that a later version, or
 * a clean-up from elsewhere, takes away exactly that, and nobody else's.
 */
import { isReservedAnnotation, KUBELET_CONDITIONS } from '#model'
import type { KubeNode, NodeStatusPatch } from './nodes.ts'

/** The annotations of ours on a node. */
export const ANNOTATIONS = {
  /** Condition types that we wrote, sorted, separated by commas. */
  conditions: 'node-doctor.io/conditions',
  /** The same of who writes only what files of node-problem-detector say: it may run beside an installation. */
  npdConditions: 'node-doctor.io/npd-conditions',
  /** The installation that wrote them: clean-up takes its own. */
  installation: 'node-doctor.io/installation',
  /** Keys of annotations that the configuration asks for and that we therefore wrote, as `conditions` lists types. */
  annotations: 'node-doctor.io/annotations',
  /** healthy, problem, unknown. */
  status: 'node-doctor.io/status',
  /** Open problems in words, worst first. */
  problems: 'node-doctor.io/problems',
  /** Version of the exporter, and of the monitors. */
  version: 'node-doctor.io/version',
} as const satisfies Record<string, string>

/** What one line of `kubectl describe` shows of an annotation before it cuts (k8s.io/kubectl, maxAnnotationLen, less indents). */
export const LINE_MAX = 136

/** Which annotation lists what we wrote: the one of an installation, or of who writes for node-problem-detector's files alone. */
export type MarkKey = (typeof ANNOTATIONS)['conditions' | 'npdConditions']

/** Both. */
export const MARK_KEYS: readonly MarkKey[] = [ANNOTATIONS.conditions, ANNOTATIONS.npdConditions]

/** The mark of ours on a node: what we wrote there, and which installation did. */
export interface OurMark {
  readonly conditions: readonly string[]
  /** Keys of annotations that the configuration asked for; of a domain that none may write to there are none, whoever listed them. */
  readonly annotations: readonly string[]
  /** "": not said. */
  readonly installation: string
}

/** The mark as the node's annotations have it; empty where there is none. */
export function parseMark({ metadata }: KubeNode, key: MarkKey = ANNOTATIONS.conditions): OurMark {
  const { annotations = {} } = metadata
  return {
    conditions: listed(annotations[key]),
    annotations: listed(annotations[ANNOTATIONS.annotations]).filter((one) => !isReservedAnnotation(one)),
    installation: annotations[ANNOTATIONS.installation] ?? '',
  }
}

function listed(text = ''): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** The types, or keys, of a mark as an annotation's text, in lines that `kubectl describe` shows whole. */
export function renderMark(types: Iterable<string>): string {
  const lines: string[] = []
  let line = ''
  for (const type of [...new Set(types)].sort()) {
    const longer = line === '' ? type : `${line},${type}`
    if (longer.length >= LINE_MAX && line !== '') {
      lines.push(line)
      line = type
    } else line = longer
  }
  return [...lines, line].join(',\n')
}

/** Whether anything of Node Doctor stands on the node. */
export function isMarked({ metadata }: KubeNode): boolean {
  return Object.values(ANNOTATIONS).some((key) => metadata.annotations?.[key] !== undefined)
}

/** Whether what is marked there is of this installation; a mark that names none is everybody's. */
export function isMarkedBy(node: KubeNode, installation: string | undefined): boolean {
  const { installation: by } = parseMark(node)
  return by === '' || by === installation
}

/** The patch that leaves the node as it was before us; undefined when there is nothing of ours. */
export function planCleanup(node: KubeNode): NodeStatusPatch | undefined {
  if (!isMarked(node)) return undefined
  const standing = new Set((node.status?.conditions ?? []).map(({ type }) => type))
  const ours = new Set(MARK_KEYS.flatMap((key) => parseMark(node, key).conditions))
  const conditions = [...ours]
    .filter((type) => standing.has(type) && !KUBELET_CONDITIONS.has(type))
    .map((type) => ({ type, $patch: 'delete' as const }))
  const annotations = Object.fromEntries(
    [...Object.values(ANNOTATIONS), ...parseMark(node).annotations]
      .filter((key) => node.metadata.annotations?.[key] !== undefined)
      .map((key) => [key, null]),
  )
  return { metadata: { annotations }, ...(conditions.length > 0 ? { status: { conditions } } : {}) }
}
