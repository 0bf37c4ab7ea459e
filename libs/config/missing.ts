/** Parts that the configuration asks for and that are not there. Each is told as a problem, none in silence. */
import { editDistance } from './nearest.ts'
import { PLANNED_CHECKS, SERVICES, STRATEGIES } from './parts.ts'
import { type Placed, rootSpot, spotOf } from './rules/spot.ts'
import { isStrategy } from './rules/strategies.ts'
import type { Document } from './schema/document.ts'
import { child, type Tree } from './tree/tree.ts'
import type { MonitorEntry, NodeDoctorConfig } from './types.ts'
import type { Run } from './walk/run.ts'

type Missing = NodeDoctorConfig['missing'][number]

/** A type that nobody serves. One letter away from one that is served it is a mistake, and a fault. */
export function checkTypes(monitors: readonly Placed<MonitorEntry>[], served: readonly string[], run: Run): Missing[] {
  return monitors.flatMap(({ entry, spot, node }) => {
    if (entry.monitor !== '') return []
    const at = spotOf(spot, node, 'type')
    const planned = Object.hasOwn(PLANNED_CHECKS, entry.type) ? PLANNED_CHECKS[entry.type] : undefined
    const known = [...served, ...Object.keys(PLANNED_CHECKS)]
    const typo = planned === undefined ? known.find((type) => isOneOff(type, entry.type)) : undefined
    if (typo !== undefined) {
      run.fault(at, `no monitor serves "${entry.type}"; did you mean "${typo}"?`)
      return []
    }
    if (!entry.enabled) return []
    const nearest = run.nearest(entry.type, known)
    const why =
      planned !== undefined
        ? `the monitor "${planned}" that is to serve it is not part of this version`
        : `no monitor of this version serves this type${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`
    const what = `check "${entry.name}" of type "${entry.type}"`
    return [{ key: `monitors.${entry.name}`, what, reason: why, origin: at.place.origin }]
  })
}

function isOneOff(type: string, written: string): boolean {
  return Math.abs(type.length - written.length) <= 1 && editDistance(type, written) === 1
}

/** @param active whether repairs are switched on at all */
export function missingRemediation(monitors: readonly Placed<MonitorEntry>[], active: boolean): Missing[] {
  return monitors.flatMap(({ entry, spot, node }) => {
    const { remediation } = entry
    if (!active || !entry.enabled || remediation === undefined || !remediation.enabled) return []
    if (SERVICES.remediator.built && strategyBuilt(remediation.strategy)) return []
    return [
      {
        key: `monitors.${entry.name}.remediation`,
        what: `repair "${remediation.strategy}" of check "${entry.name}"`,
        reason: 'the remediator is not part of this version; nothing is repaired',
        origin: spotOf(spot, node, 'remediation', 'strategy').place.origin,
      },
    ]
  })
}

function strategyBuilt(strategy: string): boolean {
  return isStrategy(strategy) && STRATEGIES[strategy].built
}

/** Services that are switched on and not built. */
export function missingServices(doc: Document, remediationActive: boolean, tree: Tree): Missing[] {
  const root = rootSpot(tree)
  const missing: Missing[] = []
  if (doc.exporters.kubernetes.enabled && !SERVICES['k8s-exporter'].built) {
    missing.push({
      key: 'exporters.kubernetes',
      what: 'the Kubernetes exporter',
      reason: 'it is not part of this version; no node condition and no event reaches the cluster',
      origin: spotOf(root, tree, 'exporters', 'kubernetes', 'enabled').place.origin,
    })
  }
  if (doc.settings.kubeconfig !== undefined && !SERVICES['k8s-exporter'].built) {
    missing.push({
      key: 'settings.kubeconfig',
      what: 'access to the API server (settings.kubeconfig)',
      reason: 'nothing in this version speaks to the API server',
      origin: spotOf(root, tree, 'settings', 'kubeconfig').place.origin,
    })
  }
  if (remediationActive && !SERVICES.remediator.built) {
    const written =
      child(child(tree, 'remediation'), 'enabled') === undefined
        ? ['settings', 'enableRemediation']
        : ['remediation', 'enabled']
    missing.push({
      key: 'remediation',
      what: 'the remediator',
      reason: 'it is not part of this version; problems are told, none is repaired',
      origin: spotOf(root, tree, ...written).place.origin,
    })
  }
  return missing
}
