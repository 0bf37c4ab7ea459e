/** What the node's annotations say: few, short, and only what changes when something happens. Pure. */
import { ANNOTATIONS } from '#kube'
import { compareSeverity, type MonitorState, type NodeCondition, type Problem } from '#model'
import { kubeText } from '../text.ts'

/** All annotations of an object together may have 256 KiB; ours are for people. */
const PROBLEMS_MAX_BYTES = 2048
const PROBLEMS_NAMED = 20

export interface Summary {
  readonly version: string
  readonly conditions: Iterable<NodeCondition>
  readonly problems: Iterable<Problem>
  readonly monitors: Iterable<MonitorState>
  readonly silent: boolean
}

function statusOf(open: readonly Problem[], conditions: readonly NodeCondition[], silent: boolean): string {
  if (silent) return 'unknown'
  if (open.length > 0) return 'problem'
  return conditions.some(({ health }) => health === 'unknown') ? 'unknown' : 'healthy'
}

/** No numbers that move by themselves: the annotations are written when a problem opens or ends, not at each look. */
export function renderAnnotations(summary: Summary): Record<string, string> {
  const open = [...summary.problems]
    .filter(({ phase }) => phase !== 'resolved')
    .toSorted((a, b) => compareSeverity(b.severity, a.severity) || (a.fingerprint < b.fingerprint ? -1 : 1))
  const named = open
    .slice(0, PROBLEMS_NAMED)
    .map(({ type, entity, severity }) => `${type}${entity === '' ? '' : `(${entity})`}=${severity}`)
  const more = open.length > named.length ? [`and ${open.length - named.length} more`] : []
  const versions = [...summary.monitors]
    .filter(({ version }) => version !== '')
    .map(({ name, version }) => `${name} ${version}`)
    .sort()
  return {
    [ANNOTATIONS.status]: statusOf(open, [...summary.conditions], summary.silent),
    [ANNOTATIONS.problems]: kubeText([...named, ...more].join(', '), PROBLEMS_MAX_BYTES),
    [ANNOTATIONS.version]: kubeText([summary.version, ...versions].join(', '), PROBLEMS_MAX_BYTES),
  }
}
