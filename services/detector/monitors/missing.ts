/** What the configuration asks for and nobody here provides is a visible problem, never silence. */
import type { Observation } from '#model'
import type { DetectorConfig } from '../config.ts'

/** One `MonitorMissing` problem for each missing part. */
export function missingParts(missing: DetectorConfig['missing'], now: Date): Observation[] {
  return missing.map(({ key, what, reason, origin }) => ({
    type: 'MonitorMissing',
    entity: `config:${key}`,
    health: 'problem',
    severity: 'warning',
    reason: 'PartMissing',
    message: `${what} is configured (${origin.text}) and not served here: ${reason}`,
    summary: `${what} is configured and not served here`,
    evidence: undefined,
    since: undefined,
    check: 'configuration',
    observed: now,
  }))
}

/** Parts that were missing under an earlier configuration and no longer are: proven by the configuration itself. */
export function partsFound(before: Iterable<string>, missing: DetectorConfig['missing'], now: Date): Observation[] {
  const still = new Set(missing.map(({ key }) => `config:${key}`))
  return [...before]
    .filter((entity) => !still.has(entity))
    .map((entity) => ({
      type: 'MonitorMissing',
      entity,
      health: 'healthy',
      severity: 'info',
      reason: 'PartRuns',
      message: 'the configuration no longer asks for it, or it runs',
      summary: '',
      evidence: undefined,
      since: undefined,
      check: 'configuration',
      observed: now,
    }))
}
