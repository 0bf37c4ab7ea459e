/** What the node's annotations say: few, short, and only what changes when something happens. Pure. */
import { ANNOTATIONS, LINE_MAX } from '#kube'
import { compareSeverity, type MonitorState, type NodeCondition, type Problem } from '#model'
import { NOT_KNOWN, rankOf, WATCHED, WELL } from '../conditions/rank.ts'
import { kubeText } from '../text.ts'

/** Of one name: its end says less than the next one. */
const NAME_MAX = 80

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
  const ranks = new Set(conditions.map(rankOf))
  // What is only watched worries nobody, as long as anything at all is known to be well.
  return ranks.has(NOT_KNOWN) || (ranks.has(WATCHED) && !ranks.has(WELL)) ? 'unknown' : 'healthy'
}

/** `kubectl describe` cuts what is longer than a line: the first of them, and how many more. */
function asManyAsFit(texts: readonly string[]): string {
  let line = ''
  for (const [i, text] of texts.entries()) {
    const longer = line === '' ? text : `${line}, ${text}`
    const rest = texts.length - i - 1
    const more = rest === 0 ? '' : `, and ${rest} more`
    if (Buffer.byteLength(longer + more) > LINE_MAX)
      return kubeText(`${line === '' ? text : line}, and ${line === '' ? rest : rest + 1} more`, LINE_MAX)
    line = longer
  }
  return kubeText(line, LINE_MAX)
}

/** No numbers that move by themselves: the annotations are written when a problem opens or ends, not at each look. */
export function renderAnnotations(summary: Summary): Record<string, string> {
  const open = [...summary.problems]
    .filter(({ phase }) => phase !== 'resolved')
    .toSorted((a, b) => compareSeverity(b.severity, a.severity) || (a.fingerprint < b.fingerprint ? -1 : 1))
  const named = open.map(
    ({ type, entity, severity }) => `${kubeText(`${type}${entity === '' ? '' : `(${entity})`}`, NAME_MAX)}=${severity}`,
  )
  const versions = [...summary.monitors]
    .filter(({ version }) => version !== '')
    .map(({ name, version }) => kubeText(`${name} ${version}`, NAME_MAX))
    .sort()
  return {
    [ANNOTATIONS.status]: statusOf(open, [...summary.conditions], summary.silent),
    [ANNOTATIONS.problems]: asManyAsFit(named),
    [ANNOTATIONS.version]: asManyAsFit([summary.version, ...versions]),
  }
}
