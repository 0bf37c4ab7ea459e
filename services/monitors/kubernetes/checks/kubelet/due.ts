/** When the kubelet's figures and its file are looked at. Pure. */
import type { Finding } from '#monitor-kit'
import type { Config } from './config.ts'
import type { KubeletMemory } from './evaluate.ts'
import type { Due } from './source.ts'

/** The file costs nobody a request. */
const FILE_MS = 120_000
/** What a look found that asked the API server for nothing, or that ends when that is reached again, is looked at as often. */
const DOUBTFUL_MS = 120_000

/** Whether it is looked at again at once: something is wrong, has begun to be, or was not answered. */
function isOpen({ health, pending, reason }: Finding): boolean {
  if (health === 'unknown') return reason === 'NotAnswered'
  return health === 'problem' || pending === true
}

/**
 * What is due. Its figures are asked for in pairs, two turns in a row: of the second the API server is asked nothing.
 * @param troubleMs when another check saw last that something is wrong on which the kubelet leans
 */
export function dueOf(
  memory: KubeletMemory,
  { metricsInterval }: Config,
  { nowMs, troubleMs }: { readonly nowMs: number; readonly troubleMs: number | undefined },
): Due {
  const { figuresAtMs, fileAtMs, deep, isDoubtful } = memory
  const isPast = (since: number | undefined, ms: number) => since === undefined || nowMs - since >= ms
  const ofFile = deep.get('KubeletConfigDrift')
  const ofFigures = [deep.get('KubeletSlow'), deep.get('KubeletCutOff')].filter((finding) => finding !== undefined)
  return {
    figures:
      isPast(figuresAtMs, isDoubtful ? Math.min(DOUBTFUL_MS, metricsInterval) : metricsInterval) ||
      (troubleMs !== undefined && troubleMs > (figuresAtMs ?? 0)) ||
      ofFigures.some(isOpen),
    file: isPast(fileAtMs, FILE_MS) || (ofFile !== undefined && isOpen(ofFile)),
  }
}
