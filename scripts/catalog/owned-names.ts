/** Who counts what: the names of the metrics of our services, from their registries. */
import { systemClock } from '#clock'
import { createMetrics, isProcessMetric, type Metrics } from '#service'
import { renderNodeView } from '#view'
import { NOW, someFacts } from '../../libs/view/testing.ts'
import { createDetectorMetrics } from '../../services/detector/metrics.ts'
import { createOutbox } from '../../services/detector/outbox/outbox.ts'
import { createExporterMetrics as createExternalMetrics } from '../../services/external-exporter/metrics.ts'
import { createHostActionsMetrics } from '../../services/host-actions/metrics.ts'
import { createDurations } from '../../services/http-exporter/metrics/durations.ts'
import { nodeFamilies } from '../../services/http-exporter/metrics/node-families.ts'
import { addOwnMetrics } from '../../services/http-exporter/metrics/own-metrics.ts'
import { createRepairCounts } from '../../services/http-exporter/metrics/repair-metrics.ts'
import { createExporterMetrics } from '../../services/k8s-exporter/metrics.ts'
import { createRemediatorMetrics } from '../../services/remediator/metrics.ts'

/** Files that register metrics, below services/; a test holds that there are no others. */
export const REGISTER: Readonly<Record<string, { readonly owner: string; readonly add: (to: Metrics) => unknown }>> = {
  'detector/metrics.ts': {
    owner: 'detector',
    add: (to) =>
      createDetectorMetrics(to, {
        state: { monitors: new Map() },
        outbox: createOutbox({ clock: systemClock() }),
        serverRestarts: () => 0,
      }),
  },
  'external-exporter/metrics.ts': { owner: 'external-exporter', add: (to) => createExternalMetrics(to, []) },
  'host-actions/metrics.ts': { owner: 'host-actions', add: (to) => createHostActionsMetrics(to, []) },
  'http-exporter/metrics/durations.ts': { owner: 'http-exporter', add: createDurations },
  'http-exporter/metrics/own-metrics.ts': {
    owner: 'http-exporter',
    add: (to) => addOwnMetrics(to, () => undefined),
  },
  'http-exporter/metrics/repair-metrics.ts': {
    owner: 'http-exporter',
    add: (to) => createRepairCounts(to, [], () => undefined),
  },
  'k8s-exporter/metrics.ts': { owner: 'k8s-exporter', add: createExporterMetrics },
  'remediator/metrics.ts': { owner: 'remediator', add: createRemediatorMetrics },
}

/** Service by name of the metric, in order of the names; without those of processes, which every service tells. */
export function ownedNames(): Record<string, string> {
  const names = Object.values(REGISTER).flatMap(({ owner, add }) => {
    const metrics = createMetrics()
    add(metrics)
    return metrics.registry.getMetricsAsArray().map(({ name }) => [name, owner] as const)
  })
  const node = nodeFamilies(renderNodeView(someFacts(), NOW), undefined).map(
    ({ name }) => [name, 'http-exporter'] as const,
  )
  const all = [...names, ...node].filter(([name]) => !isProcessMetric(name))
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}
