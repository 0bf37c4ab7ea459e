/**
 * What other tools write on a node while it is theirs, each with where that is said. A new one is a line here; where it stands, no repair
 * disturbs it.
 */

/** One mark of one tool. */
export interface ForeignMark {
  /** Whose it is, as people call it. */
  readonly owner: string
  readonly on: 'taint' | 'annotation' | 'label' | 'condition'
  readonly key: string
  /** Only with this value (of a condition: this status). Absent: any. */
  readonly value?: string
  /** What it keeps us from: everything, or what disturbs workloads alone. */
  readonly holds: 'everything' | 'disruptive'
  /** What it says of the node: "is being taken away". */
  readonly means: string
  /** Where that is written. */
  readonly source: string
}

const AUTOSCALER = 'kubernetes/autoscaler, cluster-autoscaler/utils/taints/taints.go'
const KEP_5683 = 'https://kubernetes.io/docs/reference/node/node-lifecycle-conditions/ (KEP-5683)'
const SNR = 'medik8s/self-node-remediation, controllers/selfnoderemediation_controller.go'
const FAR = 'medik8s/fence-agents-remediation, api/v1alpha1/fenceagentsremediation_types.go'
const NMO = 'medik8s/node-maintenance-operator, controllers/taint.go'

/** All of them, by owner. */
export const FOREIGN_MARKS: readonly ForeignMark[] = [
  // Kubernetes: lifecycle conditions, by whoever manages the node.
  {
    owner: 'its administrator',
    on: 'condition',
    key: 'MaintenanceInProgress',
    value: 'True',
    holds: 'everything',
    means: 'is in maintenance',
    source: KEP_5683,
  },
  {
    owner: 'its administrator',
    on: 'condition',
    key: 'DrainInProgress',
    value: 'True',
    holds: 'everything',
    means: 'is being drained',
    source: KEP_5683,
  },
  {
    owner: 'its administrator',
    on: 'condition',
    key: 'Drained',
    value: 'True',
    holds: 'everything',
    means: 'has been drained, and is to be ended or maintained',
    source: KEP_5683,
  },
  {
    owner: 'its administrator',
    on: 'condition',
    key: 'MaintenancePlanned',
    value: 'True',
    holds: 'disruptive',
    means: 'is to be maintained soon',
    source: KEP_5683,
  },
  {
    owner: 'its kubelet',
    on: 'condition',
    key: 'GracefulNodeShutdownInProgress',
    value: 'True',
    holds: 'everything',
    means: 'is shutting down',
    source: KEP_5683,
  },
  {
    owner: 'whoever fenced it',
    on: 'taint',
    key: 'node.kubernetes.io/out-of-service',
    holds: 'everything',
    means: 'is declared to be out of service',
    source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-out-of-service',
  },
  // cluster-autoscaler
  {
    owner: 'cluster-autoscaler',
    on: 'taint',
    key: 'ToBeDeletedByClusterAutoscaler',
    holds: 'everything',
    means: 'is being taken away',
    source: AUTOSCALER,
  },
  {
    owner: 'cluster-autoscaler',
    on: 'taint',
    key: 'DeletionCandidateOfClusterAutoscaler',
    holds: 'disruptive',
    means: 'is not needed, and may be taken away',
    source: AUTOSCALER,
  },
  // Karpenter
  {
    owner: 'Karpenter',
    on: 'taint',
    key: 'karpenter.sh/disrupted',
    holds: 'everything',
    means: 'is being replaced',
    source: 'kubernetes-sigs/karpenter, pkg/apis/v1/taints.go',
  },
  {
    owner: 'Karpenter',
    on: 'taint',
    key: 'karpenter.sh/disruption',
    value: 'disrupting',
    holds: 'everything',
    means: 'is being replaced',
    source: 'kubernetes-sigs/karpenter before 1.0, pkg/apis/v1beta1/taints.go',
  },
  {
    owner: 'Karpenter',
    on: 'taint',
    key: 'karpenter.sh/unregistered',
    holds: 'everything',
    means: 'has not joined yet',
    source: 'kubernetes-sigs/karpenter, pkg/apis/v1/taints.go',
  },
  // kured; its other annotation, most-recent-reboot-needed, stays for ever and says nothing of now.
  {
    owner: 'kured',
    on: 'annotation',
    key: 'weave.works/kured-reboot-in-progress',
    holds: 'everything',
    means: 'is being rebooted',
    source: 'kubereboot/kured, cmd/kured/main.go (--annotate-nodes)',
  },
  // medik8s; its taints were renamed, and both forms run in clusters.
  {
    owner: 'medik8s',
    on: 'taint',
    key: 'medik8s.io/remediation',
    holds: 'everything',
    means: 'is being fenced',
    source: SNR,
  },
  {
    owner: 'medik8s',
    on: 'taint',
    key: 'remediation.medik8s.io/self-node-remediation',
    holds: 'everything',
    means: 'is being fenced',
    source: SNR,
  },
  {
    owner: 'medik8s',
    on: 'taint',
    key: 'medik8s.io/fence-agents-remediation',
    holds: 'everything',
    means: 'is being fenced',
    source: FAR,
  },
  {
    owner: 'medik8s',
    on: 'taint',
    key: 'remediation.medik8s.io/fence-agents-remediation',
    holds: 'everything',
    means: 'is being fenced',
    source: FAR,
  },
  {
    owner: 'medik8s',
    on: 'taint',
    key: 'medik8s.io/drain',
    holds: 'everything',
    means: 'is in maintenance',
    source: NMO,
  },
  {
    owner: 'medik8s',
    on: 'label',
    key: 'remediation.medik8s.io/exclude-from-remediation',
    value: 'true',
    holds: 'everything',
    means: 'is not to be repaired by anybody',
    source: SNR,
  },
]
