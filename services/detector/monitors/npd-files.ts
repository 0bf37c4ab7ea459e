/** Files of node-problem-detector's that cannot be used are visible problems, each for itself. */
import { renderProblem } from '#config'
import type { Observation } from '#model'
import type { DetectorConfig } from '../config.ts'
import { pathEntity } from './path-entity.ts'

type BadFile = DetectorConfig['badNpdFiles'][number]

const COMMON = { type: 'NPDConfigInvalid', evidence: undefined, since: undefined, check: 'configuration' } as const

/** The first fault with its file, line and cause; of the others how many there are. */
function messageOf({ faults: [first, ...others] }: BadFile): string {
  const more = others.length === 0 ? '' : ` (and ${others.length} more, which node-doctor validate lists)`
  return first === undefined ? '' : `${renderProblem(first)}${more}`
}

/** One `NPDConfigInvalid` problem for each file that cannot be used. */
export function badFiles(files: DetectorConfig['badNpdFiles'], now: Date): Observation[] {
  return files.map((file) => ({
    ...COMMON,
    entity: pathEntity('file', file.path),
    health: 'problem',
    severity: 'error',
    reason: 'NPDFileRefused',
    message: messageOf(file),
    summary: `${file.path} cannot be used; nothing of it is watched`,
    observed: now,
  }))
}

/** Files that could not be used under an earlier configuration, and now can, or are not named any more. */
export function goodFiles(before: Iterable<string>, files: DetectorConfig['badNpdFiles'], now: Date): Observation[] {
  const still = new Set(files.map(({ path }) => pathEntity('file', path)))
  return [...before]
    .filter((entity) => !still.has(entity))
    .map((entity) => ({
      ...COMMON,
      entity,
      health: 'healthy',
      severity: 'info',
      reason: 'NPDFileTaken',
      message: 'the file can be used, or is not named any more',
      summary: '',
      observed: now,
    }))
}
