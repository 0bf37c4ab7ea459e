/** The node's state as metrics. Pure: from the view, so that a scraper is told what people are told. */
import { CONNECTION_STATES, SEVERITIES } from '#model'
import type { MetricFamily } from '#service'
import { type NodeView, withoutSums } from '#view'

/** Conditions and problems that are told apart; a scrape has no more series than this times a few. */
const MAX_ENTRIES = 2000

const HEALTHS = ['healthy', 'problem', 'unknown'] as const
const VERDICTS = ['healthy', 'info', 'warning', 'error', 'critical', 'unknown', 'stale'] as const

function seconds(time: string | undefined): number {
  return time === undefined ? Number.NaN : Date.parse(time) / 1000
}

function conditionFamilies({ conditions }: NodeView): MetricFamily[] {
  const shown = conditions.slice(0, MAX_ENTRIES)
  const labelsOf = ({ monitor, type, entity }: (typeof shown)[number]) => ({ monitor, type, entity })
  return [
    {
      name: 'condition',
      help: 'Health of a condition: 1 for the one it has, 0 for the others.',
      type: 'gauge',
      values: shown.flatMap((condition) =>
        HEALTHS.map((health) => ({
          labels: { ...labelsOf(condition), health },
          value: condition.health === health ? 1 : 0,
        })),
      ),
    },
    {
      name: 'condition_since_timestamp_seconds',
      help: 'When the health of a condition changed last, Unix time.',
      type: 'gauge',
      values: shown.map((condition) => ({ labels: labelsOf(condition), value: seconds(condition.since) })),
    },
    {
      name: 'condition_proven_timestamp_seconds',
      help: 'When a check last looked at a condition, Unix time.',
      type: 'gauge',
      values: shown
        .filter(({ proven }) => proven !== undefined)
        .map((condition) => ({ labels: labelsOf(condition), value: seconds(condition.proven) })),
    },
  ]
}

function problemFamilies({ problems: all }: NodeView): MetricFamily[] {
  const problems = withoutSums(all)
  return [
    {
      name: 'problems',
      help: 'Open problems, by severity.',
      type: 'gauge',
      values: SEVERITIES.map((severity) => ({
        labels: { severity },
        value: problems.filter((problem) => problem.severity === severity).length,
      })),
    },
    {
      name: 'problem_opened_timestamp_seconds',
      help: 'When an open problem was opened, Unix time.',
      type: 'gauge',
      values: problems.slice(0, MAX_ENTRIES).map(({ monitor, type, entity, severity, opened }) => ({
        labels: { monitor, type, entity, severity },
        value: seconds(opened),
      })),
    },
  ]
}

function monitorFamilies({ monitors }: NodeView): MetricFamily[] {
  return [
    {
      name: 'monitor_up',
      help: 'Whether a monitor answers.',
      type: 'gauge',
      values: monitors.map(({ name, health }) => ({ labels: { monitor: name }, value: health === 'alive' ? 1 : 0 })),
    },
    {
      name: 'monitor_connection',
      help: 'How the connection to a monitor stands: 1 for the state it has, 0 for the others.',
      type: 'gauge',
      values: monitors.flatMap(({ name, connection }) =>
        connection === undefined
          ? []
          : CONNECTION_STATES.map((state) => ({
              labels: { monitor: name, state },
              value: connection.state === state ? 1 : 0,
            })),
      ),
    },
    {
      name: 'monitor_last_report_timestamp_seconds',
      help: 'When a monitor last reported, Unix time.',
      type: 'gauge',
      values: monitors
        .filter(({ lastReport }) => lastReport !== undefined)
        .map(({ name, lastReport }) => ({ labels: { monitor: name }, value: seconds(lastReport) })),
    },
  ]
}

/** @param heartbeatAgeMs undefined before the first heartbeat */
export function nodeFamilies(view: NodeView, heartbeatAgeMs: number | undefined): MetricFamily[] {
  return [
    {
      name: 'build_info',
      help: 'Release of the exporter and name of the node; always 1.',
      type: 'gauge',
      values: [{ labels: { version: view.node.version, node: view.node.name }, value: 1 }],
    },
    {
      name: 'verdict',
      help: 'The verdict on the node: 1 for the one that holds, 0 for the others.',
      type: 'gauge',
      values: VERDICTS.map((level) => ({ labels: { level }, value: view.verdict.level === level ? 1 : 0 })),
    },
    {
      name: 'detector_up',
      help: 'Whether the detector gave a sign of life in the last 60 s.',
      type: 'gauge',
      values: [{ labels: {}, value: view.detector.state === 'live' ? 1 : 0 }],
    },
    {
      name: 'heartbeat_age_seconds',
      help: 'Time since the last sign of life of the detector.',
      type: 'gauge',
      values: heartbeatAgeMs === undefined ? [] : [{ labels: {}, value: Math.round(heartbeatAgeMs) / 1000 }],
    },
    ...conditionFamilies(view),
    ...problemFamilies(view),
    ...monitorFamilies(view),
  ]
}
