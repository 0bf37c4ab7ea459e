/**
 * Checks and pages that the configuration may name, and which of them are built: one that does not run yet is told as missing (a
 * monitor's checks come from the catalogue by themselves). Which services are built says the table of services, and which repairs
 * that of actions (libs/remedies).
 */
import { RESERVED_NAMES, SERVICES } from '#service-table'

/** Names that no monitor and no plug-in may have: of our own services, of the bus's users, of what several share. */
export const OWN_NAMES: readonly string[] = [...Object.keys(SERVICES), ...RESERVED_NAMES]

/**
 * Monitors of ours whose names plug-ins could have before there was the monitor. A plug-in may have it still, where no check of that
 * monitor is configured: it takes its place.
 */
export const GIVEN_UP_NAMES: readonly string[] = ['gpu']

/** Monitors of which `defaultMonitors` adds checks. */
export const DEFAULT_MONITOR_NAMES = ['system', 'log', 'network', 'kubernetes', 'gpu'] as const

/** Those of which it adds some where nobody writes it. */
export const ADDED_BY_DEFAULT = [
  'system',
  'log',
  'network',
  'gpu',
] as const satisfies readonly (typeof DEFAULT_MONITOR_NAMES)[number][]

/** On which nodes a check runs (`monitors[].when`); how each is judged says libs/monitor-kit/when.ts. */
export const PLACES = ['always', 'nvidia-gpu'] as const

/** Where a check runs. */
export type PlaceName = (typeof PLACES)[number]

/** What the http-exporter serves, and where when the configuration does not say. */
export const HANDLERS = {
  page: '/',
  'overall-health': '/health',
  liveness: '/healthz',
  readiness: '/ready',
  'detailed-status': '/status',
  conditions: '/conditions',
  events: '/events',
  history: '/history',
  'prometheus-metrics': '/metrics',
  'remediation-history': '/remediation/history',
  stream: '/stream',
} as const satisfies Record<string, string>

/** What the http-exporter can serve. */
export type HandlerName = keyof typeof HANDLERS

export const HANDLER_NAMES = [
  'page',
  'overall-health',
  'liveness',
  'readiness',
  'detailed-status',
  'conditions',
  'events',
  'history',
  'prometheus-metrics',
  'remediation-history',
  'stream',
] as const satisfies readonly HandlerName[]

/** What to write in place of a type that is known and is to have no check of its own. */
export const INSTEAD_OF_CHECK: Readonly<Record<string, string>> = {
  'custom-logpattern': 'write checks of types log-kernel, log-journal and log-file with packs and rules',
}

/** Check types that are known and that no monitor serves yet, with the monitor that is to. */
export const PLANNED_CHECKS: Readonly<Record<string, string>> = {
  'custom-logpattern': 'log',
  'gpu-health-check': 'gpu',
}
