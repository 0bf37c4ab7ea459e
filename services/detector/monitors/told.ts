/** What the detector itself has said, as its state still has it. */
import type { Engine } from '../engine-types.ts'

/** Entities that this type of the detector's own was told of; after a reboot its problem alone is known. */
export function entitiesTold({ state }: Engine, type: string): string[] {
  const all = [...state.conditions.values(), ...state.problems.values()]
  return all.filter((one) => one.type === type).map(({ entity }) => entity)
}
