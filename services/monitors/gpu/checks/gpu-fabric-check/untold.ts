/** What was told of GPUs that cannot be seen now: it is unknown, and not as it was. Pure. */
import type { Finding } from '#monitor-kit'
import { type Unobserved, unknownFinding } from '#monitor-kit/evaluate'
import { conditionOf, standingKey } from '../../judging/settling.ts'
import type { FabricMemory } from './memory.ts'

/** What one look has said. */
interface Look {
  readonly findings: readonly Finding[]
  readonly memory: FabricMemory
}

/** Why some are not seen, and what they are called. */
export interface UntoldAround {
  readonly why: Unobserved
  /** All that are known here were seen and all was answered: what is not named is gone. */
  readonly isWhole: boolean
  readonly subjectOf: (entity: string) => string | undefined
}

/** The same look with a word on those, too. */
export function withUntold({ findings, memory }: Look, { why, isWhole, subjectOf }: UntoldAround): Look {
  const entities = new Set(findings.map(({ entity = '' }) => entity))
  const silent = isWhole ? [] : [...memory.told].filter((key) => !entities.has(conditionOf(key).entity))
  const unknown = silent.map((key) => {
    const { type, entity } = conditionOf(key)
    return { ...unknownFinding(type, why, entity), subject: subjectOf(entity) }
  })
  const said = findings.filter(({ type }) => type !== 'GPUHealthy')
  const told = said.map(({ type, entity = '' }) => standingKey({ type, entity }))
  return {
    findings: [...findings, ...unknown],
    memory: { ...memory, told: new Set([...(isWhole ? [] : memory.told), ...told]) },
  }
}
