/** Under which name and with which labels a sample stands in /metrics. Pure. */
import { cleanText, DETECTOR, type MetricSample } from '#model'
import { isProcessMetric, labelText } from '#service'
import { SERVICES } from '#service-table'
import { isConventionalLabel, isConventionalName } from './convention.ts'
import owners from './owned-names.json' with { type: 'json' }

/** Names and values that do not fit are gathered under this one. */
export const UNCONVENTIONAL = 'monitor_sample'

const OWNER_OF: ReadonlyMap<string, string> = new Map(Object.entries(owners))

/** Whether it has a name of ours: which no plug-in may have, but for those of monitors that are not on every machine. */
export function hasOurName(monitor: string): boolean {
  return Object.hasOwn(SERVICES, monitor)
}

/** Who tells a sample. */
export interface Speaker {
  readonly name: string
  /** A service or monitor of ours, and no plug-in. */
  readonly isOurs: boolean
}

export interface Place {
  readonly family: string
  /** As they stand in the text. */
  readonly labels: string
}

/**
 * The detector's samples speak of others and keep their labels; a plug-in's speak of itself, whatever they say. What a
 * process costs is the service's that told it; the detector tells it of its bus server and of
 * `node-doctor up`, too.
 */
function labelsOf(monitor: string, { name, labels }: MetricSample): Record<string, string> {
  if (isProcessMetric(name)) return { service: cleanText((monitor === DETECTOR && labels['service']) || monitor, 128) }
  const clean = Object.keys(labels)
    .sort((a, b) => Number(b === 'monitor') - Number(a === 'monitor') || (a < b ? -1 : 1))
    .map((label) => [label, cleanText(labels[label] ?? '', 128)] as const)
  if (monitor === DETECTOR) return Object.fromEntries(clean)
  return {
    monitor: cleanText(monitor, 128),
    ...Object.fromEntries(clean.map(([label, value]) => [label === 'monitor' ? 'exported_monitor' : label, value])),
  }
}

/** Whether it stands under its own name: what a process costs only of ours, what a service of ours counts only its own. */
function isUnderItsName({ name: monitor, isOurs }: Speaker, { name, labels }: MetricSample): boolean {
  if (isProcessMetric(name)) return isOurs
  return (
    (OWNER_OF.get(name) ?? monitor) === monitor &&
    name !== UNCONVENTIONAL &&
    isConventionalName(name) &&
    Object.keys(labels).every(isConventionalLabel)
  )
}

/** @param key of its series */
export function placeOf(speaker: Speaker, sample: MetricSample, key: string): Place {
  const { name: monitor } = speaker
  if (isUnderItsName(speaker, sample)) return { family: sample.name, labels: labelText(labelsOf(monitor, sample)) }
  const labels = { monitor: cleanText(monitor, 128), series: cleanText(key, 256) }
  return { family: UNCONVENTIONAL, labels: labelText(labels) }
}
