/** What the check keeps from look to look, and of it what is a fact of this boot. Pure. */
import type { ConditionKey } from '#model'
import { NO_STREAK, type Streak } from '#monitor-kit/evaluate'

export interface CniMemory {
  /** There was a configuration in this boot: without one it is missing, and not yet to come. */
  readonly hadConfig: boolean
  /** Binaries of all plug-ins were there in this boot. */
  readonly hadBinaries: boolean
  /** Interfaces of plug-ins that were up in this boot. */
  readonly seen: readonly string[]
  /** Types of which something was known in this boot: where nothing is known of the configuration these alone are unknown. */
  readonly told: readonly string[]
  readonly config: Streak
  readonly binaries: Streak
  readonly interfaces: Streak
}

export const FIRST_CNI: CniMemory = {
  hadConfig: false,
  hadBinaries: false,
  seen: [],
  told: [],
  config: NO_STREAK,
  binaries: NO_STREAK,
  interfaces: NO_STREAK,
}

/** Interfaces of plug-ins that are remembered. */
const SEEN_MAX = 64

export function factsOf({ hadConfig, hadBinaries, seen, told }: CniMemory): unknown {
  return { hadConfig, hadBinaries, seen: seen.slice(0, SEEN_MAX), told }
}

function namesIn(value: unknown): readonly string[] {
  const names = Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : []
  return names.slice(0, SEEN_MAX)
}

/** What an earlier process of this boot knew; nothing where that makes no sense. */
export function recallCni(facts: unknown): CniMemory {
  const { hadConfig, hadBinaries, seen, told } = (facts ?? {}) as Record<string, unknown>
  return {
    ...FIRST_CNI,
    hadConfig: hadConfig === true,
    hadBinaries: hadBinaries === true,
    seen: namesIn(seen),
    told: namesIn(told),
  }
}

/** A person's word: what must last is counted anew, and what is gone may stay away. */
export function clearCni(memory: CniMemory, { type }: ConditionKey): CniMemory {
  if (type === 'CNIConfigInvalid') return { ...memory, hadConfig: false, config: NO_STREAK }
  if (type === 'CNIBinaryMissing') return { ...memory, hadBinaries: false, binaries: NO_STREAK }
  return type === 'CNIInterfaceMissing' ? { ...memory, seen: [], interfaces: NO_STREAK } : memory
}
