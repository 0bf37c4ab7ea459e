/** What a check knows of the runtime beyond its process, and what it lets go of. Pure. */
import type { ConditionKey } from '#model'
import { NOT_SEEN } from '../../lasting.ts'
import { NO_LATENCY } from '../../latency.ts'
import { FIRST_RUNTIME, type RuntimeMemory } from './evaluate.ts'

/** Facts of this boot. */
export interface RuntimeFacts {
  /** Name of the runtime that has answered; "": none has. */
  readonly known: string
  /** Containers that do not go on, and since when, in milliseconds since the boot. */
  readonly stuck: readonly (readonly [string, number])[]
}

const STUCK_MAX = 400

export function factsOf({ known, stuck }: RuntimeMemory): RuntimeFacts {
  return { known, stuck: [...stuck].slice(0, STUCK_MAX) }
}

function isStuck(entry: unknown): entry is [string, number] {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Number.isFinite(entry[1])
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallRuntime(facts: unknown): RuntimeMemory {
  const { known, stuck } = (facts ?? {}) as Partial<RuntimeFacts>
  const entries: readonly unknown[] = Array.isArray(stuck) ? stuck.slice(0, STUCK_MAX) : []
  return {
    ...FIRST_RUNTIME,
    known: typeof known === 'string' ? known.slice(0, 64) : '',
    stuck: new Map(entries.filter(isStuck)),
  }
}

/** A person's word: what has to last is counted anew, and a runtime that is gone was taken away on purpose. */
export function clearRuntime(memory: RuntimeMemory, { type }: ConditionKey): RuntimeMemory {
  switch (type) {
    case 'ContainerRuntimeUnhealthy':
      return { ...memory, known: '', health: NOT_SEEN }
    case 'ContainerRuntimeSlow':
      return { ...memory, latency: NO_LATENCY }
    case 'PodNetworkNotReady':
      return { ...memory, network: NOT_SEEN }
    case 'PodsStuck':
      return { ...memory, stuck: new Map() }
    default:
      return memory
  }
}
