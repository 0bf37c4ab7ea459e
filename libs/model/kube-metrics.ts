/**
 * What the k8s-exporter counts, and what it is: it tells the numbers over the bus, and the http-exporter shows them. Names
 * without the namespace; what ends in `_total` is a counter, the rest gauges.
 */
export const KUBE_COUNTERS = {
  kube_requests_total: 'Requests to the API server, by verb, resource and result.',
  kube_request_seconds_total: 'Time that they took, in sum.',
  kube_events_total: 'Events: created, counted (a repeat), held_back (budget), failed (refused), expired (too old).',
  kube_condition_patches_total: 'Patches of the node, by cause: change, message, heartbeat, drift, clean.',
  kube_condition_changes_total: 'Batches of changes that the API server has accepted.',
  kube_condition_delay_seconds_total: 'Time from the first change of a batch to its acceptance, in sum.',
  kube_missed_total: 'Facts that left the bus before they were sent.',
  kube_undecodable_total: 'Messages of the bus that could not be decoded.',
} as const satisfies Record<string, string>

export const KUBE_GAUGES = {
  kube_away_seconds: 'How long nothing has worked at the API server; 0: it works.',
  kube_pending: 'Changes and events that wait for the API server.',
  kube_conditions_left_out: 'Conditions that are not well and found no place on the node.',
  kube_foreign_conditions: 'Condition types of ours that another writer holds.',
} as const satisfies Record<string, string>

export type KubeCounterName = keyof typeof KUBE_COUNTERS
