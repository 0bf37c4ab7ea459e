/** docs/events.md: every event that reaches the cluster, from the declarations of who makes it. */
import type { Catalog } from '../../libs/config/catalog.ts'
import { DETECTOR_CONDITIONS, DETECTOR_EVENTS } from '../../libs/model/index.ts'
import { STRAIN_EVENTS } from '../../libs/monitor-kit/strain.ts'
import {
  BUDGET_OF_EVENTS,
  BUDGET_OF_PROBLEMS,
  OWN_REASONS,
  REPAIR_REASONS,
  RESOLVED_SUFFIX,
} from '../../services/k8s-exporter/events/reasons.ts'
import { code, table } from './markdown.ts'

const INTRODUCTION = `# Events in the cluster

Every reason that the k8s-exporter sends, made by \`make generate\` from the declarations of who makes it; edit those, not
this page. Events are of core/v1, about the Node, in the namespace \`default\` or \`exporters.kubernetes.events.namespace\`; \`kubectl describe node\` and
\`kubectl events --for node/NAME\` show them. The source (\`From\`) is the monitor
that saw it, or the source whose words it passes on; what it is about (\`/var\`, \`GPU 3, H200\`) stands in the words, and what
is to be done where its monitor says so.

- A **problem** is told when it opens, when it gets worse, and when it is proven gone; each once, with the time when it
  happened. Its reason is the condition's type; why stands in brackets behind the message.
  What is told word by word (a type or a reason that is \`verbatim\`) has no events of its problem beside its source's own.
  What files of node-problem-detector say is told whole, from the file's \`source\`; with
  \`exporters.kubernetes.events.correlation: npd\` repeats are counted as client-go does for it, within a second, and without
  budgets.
- An **occurrence** is told by its monitor's reason. A repeat with the same words within
  \`exporters.kubernetes.events.deduplicationWindow\` raises the count, at most once in
  \`exporters.kubernetes.updateInterval\`.
- The end of a problem says how long it was, by the clock that nobody sets. After a reboot that is not known, and it says
  since when it was open.
- **Budgets**: each source may send \`maxEventsPerMinute\`, and \`burst\` at once; one reason may have four tenths of that.
  Problems have a budget of their own, twice as large. What is above is counted and told in sum (\`EventsHeldBack\`).
- Names follow from what happened, so that a restart, a redelivery or a retry never makes a second event.
- Severity \`info\` is type Normal, everything above is Warning. What is less severe than
  \`exporters.kubernetes.events.minSeverity\` is left out.`

interface Row {
  readonly reason: string
  readonly type: string
  readonly source: string
  readonly when: string
  readonly budget: string
}

function opened(type: string, source: string, description: string): Row[] {
  return [
    {
      reason: type,
      type: 'Warning',
      source,
      when: `problem opened or got worse: ${description}`,
      budget: BUDGET_OF_PROBLEMS,
    },
    {
      reason: `${type}${RESOLVED_SUFFIX}`,
      type: 'Normal',
      source,
      when: `the problem ${code(type)} is proven gone`,
      budget: BUDGET_OF_PROBLEMS,
    },
  ]
}

function happened(reason: string, severity: string, source: string, description: string, opensProblem: boolean): Row[] {
  const type = severity === 'info' ? 'Normal' : 'Warning'
  const row: Row = { reason, type, source, when: description, budget: BUDGET_OF_EVENTS }
  if (!opensProblem) return [row]
  const over = `the problem that ${code(reason)} opened is proven gone`
  return [
    row,
    { reason: `${reason}${RESOLVED_SUFFIX}`, type: 'Normal', source, when: over, budget: BUDGET_OF_PROBLEMS },
  ]
}

/** What several checks of a monitor declare is said once. */
function unique(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.toReversed().map((row) => [`${row.source} ${row.reason}`, row])).values()].toReversed()
}

function render(rows: readonly Row[]): string {
  return table(
    ['Reason', 'Type', 'From', 'Sent when', 'Counts against the budget of'],
    unique(rows).map(({ reason, type, source, when, budget }) => [code(reason), type, source, when, budget]),
  )
}

export function eventsPage(catalog: Catalog): string {
  const own = OWN_REASONS.map((words): Row => ({ ...words, source: 'k8s-exporter' }))
  const repairs = REPAIR_REASONS.map((words): Row => ({ ...words, source: 'remediator' }))
  const detector = [
    ...DETECTOR_CONDITIONS.flatMap(({ type, description }) => opened(type, 'detector', description)),
    ...DETECTOR_EVENTS.flatMap(({ reason, severity, description, recovery }) =>
      happened(reason, severity, 'detector', description, recovery !== undefined),
    ),
  ]
  const monitors = catalog.monitors.map(({ name }) => {
    const checks = catalog.checks.filter(({ monitor }) => monitor === name)
    const rows = checks.flatMap(({ conditions, events }) => [
      ...conditions.flatMap(({ type, description }) => opened(type, name, description)),
      ...events.flatMap((event) =>
        happened(event.reason, event.severity, name, event.description, 'recovery' in event),
      ),
    ])
    return `## Monitor ${code(name)}\n\n${render(rows)}`
  })
  const kit = STRAIN_EVENTS.flatMap(({ reason, severity, description, recovery }) =>
    happened(reason, severity, 'the monitor', description, recovery !== undefined),
  )
  const plugins = `## Plug-ins

Whatever condition types and reasons a plug-in reports are told by the same rules, with its name as the source. An event of
severity warning and up of a plug-in that declares nothing opens a problem that is over when it was absent for ten minutes.`
  const parts = [
    INTRODUCTION,
    `## The exporter itself\n\n${render(own)}`,
    `## The detector\n\n${render(detector)}`,
    `## The remediator\n\n${render(repairs)}`,
    `## Any monitor of ours\n\n${render(kit)}`,
    ...monitors,
    plugins,
  ]
  return `${parts.join('\n\n')}\n`
}
