/** When the kubelet's figures and its file are looked at. Pure. */
import { NOT_SUSTAINED } from '#model'
import { isToBeProven, type LastWord } from '../../last-word.ts'
import type { Config } from './config.ts'
import type { KubeletMemory } from './evaluate.ts'
import type { Due } from './reading.ts'

/** The file costs nobody a request. */
const FILE_MS = 120_000
/** What a look found that asked the API server for nothing, or that ends when that is reached again, is looked at as often. */
const DOUBTFUL_MS = 120_000
/** What was not seen, and may be at any moment. */
const SOON_SEEN: readonly string[] = ['NotAnswered', 'ApiServerNotReached']

/** Whether it is looked at again at once. */
function isOpen(word: LastWord): boolean {
  const { health, reason } = word.finding
  return health === 'unknown' ? SOON_SEEN.includes(reason) : isToBeProven(word)
}

/** Whether it is in doubt, by the last look, that the API server hears the kubelet. */
export function isDoubted({ deep }: Pick<KubeletMemory, 'deep'>): boolean {
  const said = deep.get('KubeletCutOff')?.finding
  return said?.health === 'problem' || said?.reason === NOT_SUSTAINED || said?.reason === 'ApiServerNotReached'
}

/** What else is known when it is told what is due. */
export interface DueAround {
  readonly nowMs: number
  /** When another check saw last that something is wrong on which the kubelet leans. */
  readonly troubleMs: number | undefined
  /** The place of this node's looks in the interval, from 0 up to 1. */
  readonly phase: number
}

/** How many of its places in the interval have passed at a moment. */
function placesAt(atMs: number, startedMs: number, phase: number, intervalMs: number): number {
  return Math.floor((atMs - startedMs) / intervalMs - phase)
}

/**
 * What is due. Its figures are asked for in threes, turn after turn: two are compared, and two that are well prove that it is; of the
 * second and the third the API server is asked nothing. After the start each node has its own place in the interval, so that the
 * kubelets of a fleet that was started at once do not ask in the same second.
 */
export function dueOf(memory: KubeletMemory, { metricsInterval }: Config, around: DueAround): Due {
  const { figuresAtMs, fileAtMs, startedMs = 0, deep, isDoubtful } = memory
  const { nowMs, troubleMs, phase } = around
  const isPast = (since: number | undefined, ms: number) => since === undefined || nowMs - since >= ms
  const places = (atMs: number) => placesAt(atMs, startedMs, phase, metricsInterval)
  const isPlaced = figuresAtMs === undefined || places(nowMs) > places(figuresAtMs)
  const ofFile = deep.get('KubeletConfigDrift')
  const ofFigures = [deep.get('KubeletSlow'), deep.get('KubeletCutOff')].filter((word) => word !== undefined)
  return {
    figures:
      isPlaced ||
      (isDoubtful && isPast(figuresAtMs, DOUBTFUL_MS)) ||
      (troubleMs !== undefined && troubleMs > (figuresAtMs ?? 0)) ||
      ofFigures.some(isOpen),
    file: isPast(fileAtMs, FILE_MS) || (ofFile !== undefined && isOpen(ofFile)),
  }
}
