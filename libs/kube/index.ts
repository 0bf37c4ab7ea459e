/** The way to the API server, what we ask of it, and the mark of ours on a node. */
export { type AccessOptions, findAccess, type KubeAccess } from './access.ts'
export { accessAt } from './at-server.ts'
export type { ClientOptions, RequestRecord, RequestResult } from './call.ts'
export { createKubeClient, type KubeClient } from './client.ts'
export type { Endpoint, EndpointPort, EndpointSlice, ServiceEndpoints } from './endpoint-slices.ts'
export * from './errors.ts'
export type { EventPatch, KubeEvent } from './events.ts'
export type { Eviction, EvictionAnswer, EvictionCalls } from './evictions.ts'
export type { FollowOptions, FollowState } from './follow.ts'
export type { KubeLease, LeaseCalls, LeaseSpec, LeaseWish } from './leases.ts'
export {
  ANNOTATIONS,
  isMarked,
  isMarkedBy,
  LINE_MAX,
  MARK_KEYS,
  type MarkKey,
  type OurMark,
  parseMark,
  planCleanup,
  renderMark,
} from './mark.ts'
export type { NodeRow, NodeRowCalls } from './node-rows.ts'
export type {
  ConditionPatch,
  FollowNodeOptions,
  KubeCondition,
  KubeNode,
  KubeTaint,
  NodeCalls,
  NodePatch,
  NodeStatusPatch,
} from './nodes.ts'
export type { Json, ObjectMeta } from './object.ts'
export { type ApiServerOverride, parseApiServerOverride } from './override.ts'
export type { NodePod, PodCalls } from './pods.ts'
export type { Readiness } from './readyz.ts'
export {
  CORDONED,
  CORDONED_BEFORE,
  cordonedBy,
  isCordonedByOthers,
  isReservedTaint,
  planRepairsOff,
  REBOOTING,
  TAINTED,
  taintId,
  taintMarks,
} from './repair-mark.ts'
export type { CallOptions } from './request.ts'
export type { Identity } from './self-subject-reviews.ts'
