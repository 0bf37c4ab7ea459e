/** The parts of Kubernetes' objects that we read and write (core/v1, apps/v1). Times are RFC 3339 strings in whole seconds. */

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
}

export interface KubeCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastHeartbeatTime?: string | null
  readonly lastTransitionTime?: string | null
}

export interface KubeNode {
  readonly metadata: ObjectMeta
  readonly status?: { readonly conditions?: readonly KubeCondition[] }
}

export interface KubeEvent {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  readonly metadata: ObjectMeta
  readonly involvedObject: {
    readonly kind: 'Node'
    readonly apiVersion: 'v1'
    readonly name: string
    readonly uid: string
  }
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly source: { readonly component: string; readonly host: string }
  readonly reportingComponent: string
  readonly reportingInstance: string
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly count: number
}

/** A condition as a strategic-merge patch names it; by `type` alone and `$patch` it is taken away. */
export type ConditionPatch = KubeCondition | { readonly type: string; readonly $patch: 'delete' }

/** A patch of nodes/status. It may also move annotations: the server keeps only `spec` from being changed there. */
export interface NodeStatusPatch {
  readonly metadata?: { readonly uid?: string; readonly annotations?: Readonly<Record<string, string | null>> }
  readonly status?: { readonly conditions: readonly ConditionPatch[] }
}

/** What of an event may follow. Counts are absolute. */
export interface EventPatch {
  readonly count: number
  readonly lastTimestamp: string
  readonly message: string
}
