/** Picks out of what a check said. */
import type { CheckResult, Finding } from '../types.ts'

/** The one finding of a type (and entity). @throws Error when there is none */
export function findingOf(result: { findings: readonly Finding[] }, type: string, entity = ''): Finding {
  const found = result.findings.filter((f) => f.type === type && (f.entity ?? '') === entity)
  const [finding] = found
  if (finding === undefined || found.length > 1) {
    const all = result.findings.map((f) => `${f.type} ${f.entity ?? ''}`).join(', ')
    throw new Error(`${found.length} findings of ${type} ${entity}; there are: ${all}`)
  }
  return finding
}

/** The value of one metric sample; undefined when it was not reported. */
export function sampleOf(result: CheckResult, name: string, labels: Record<string, string> = {}): number | undefined {
  return result.metrics?.find(
    (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
  )?.value
}
