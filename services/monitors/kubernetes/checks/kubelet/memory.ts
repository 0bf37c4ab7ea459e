/** What a check knows of the kubelet beyond its process, and what it lets go of. Pure. */
import type { ConditionKey } from '#model'
import { NO_STREAK } from '#monitor-kit/evaluate'
import { NOT_SEEN } from '../../lasting.ts'
import { FIRST_KUBELET, type KubeletMemory } from './evaluate.ts'
import { NO_RUN, type RunOfKubelet } from './restarted.ts'

/** Facts of this boot. */
export interface KubeletFacts {
  readonly hasAnswered: boolean
  readonly run: RunOfKubelet
  /** That run has taken our token. */
  readonly isTaken: boolean
}

export function factsOf({ hasAnswered, run, isTaken }: KubeletMemory): KubeletFacts {
  return { hasAnswered, run, isTaken }
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallKubelet(facts: unknown): KubeletMemory {
  const { hasAnswered, run, isTaken } = (facts ?? {}) as Partial<KubeletFacts>
  const known: RunOfKubelet = { ...NO_RUN, ...(typeof run === 'object' && run !== null ? run : {}) }
  const isSound = Object.values(known).every((value) => Number.isFinite(value))
  // Where it is not known which run that was, nothing is known of this one.
  const isOfRun = isSound && known.pid !== 0 && isTaken === true
  return { ...FIRST_KUBELET, hasAnswered: hasAnswered === true, run: isSound ? known : NO_RUN, isTaken: isOfRun }
}

function without(deep: KubeletMemory['deep'], type: string): KubeletMemory['deep'] {
  return new Map([...deep].filter(([key]) => key !== type))
}

/** A person's word: what has to last is counted anew. */
export function clearKubelet(memory: KubeletMemory, { type }: ConditionKey): KubeletMemory {
  const deep = without(memory.deep, type)
  switch (type) {
    case 'KubeletUnhealthy':
      return { ...memory, health: NOT_SEEN, hasAnswered: false }
    case 'KubeletSlow':
      return { ...memory, deep, figures: undefined, slow: NO_STREAK, figuresAtMs: undefined }
    case 'KubeletCutOff':
      return { ...memory, deep, renewed: undefined, refused: 0, figuresAtMs: undefined }
    case 'KubeletConfigDrift':
      return { ...memory, deep, drift: NOT_SEEN, fileAtMs: undefined }
    default:
      return memory
  }
}
