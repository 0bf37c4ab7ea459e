/**
 * Condition types of a node that the kubelet or the network's controller owns (k8s.io/api/core/v1, NodeConditionType, and
 * what older kubelets wrote). Nobody else writes them.
 */
export const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  'Ready',
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
  'NetworkUnavailable',
  'OutOfDisk',
])

/** The one condition that says how the node is as a whole. */
export const SUMMARY_CONDITION = 'NodeDoctorHealthy'

/** Before a type of ours that would be called as one of those. */
export const BESIDE_PREFIX = 'NodeDoctor'
