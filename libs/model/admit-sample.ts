/** Samples of a monitor as they may be told. */
import { MAX_NAME } from './admit-words.ts'
import { MAX_ENTITY, MAX_LABEL, type Violation } from './limits.ts'
import type { MonitorDeclaration } from './state.ts'
import { cleanText } from './text.ts'
import type { MetricSample } from './types.ts'

const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/

/** Undefined where it has no valid name or value, which is said. */
export function admitSample(
  s: MetricSample,
  { origin }: MonitorDeclaration,
  violations: Violation[],
): MetricSample | undefined {
  if (!METRIC_NAME.test(s.name) || !Number.isFinite(s.value)) {
    violations.push({
      code: 'value-senseless',
      text: `metric ${JSON.stringify(cleanText(s.name, 80))} has no valid name or value`,
    })
    return undefined
  }
  const labels: Record<string, string> = {}
  const most = origin === 'built-in' ? MAX_LABEL : MAX_ENTITY
  for (const [label, value] of Object.entries(s.labels).slice(0, 8)) {
    if (LABEL_NAME.test(label) && !label.startsWith('__')) labels[label] = cleanText(value, most)
  }
  const sample = { name: s.name, labels, value: s.value }
  // A stranger's would be one more series for each name that it thinks of.
  if (origin !== 'built-in' || s.check === undefined) return sample
  return { ...sample, check: cleanText(s.check, MAX_NAME) }
}
