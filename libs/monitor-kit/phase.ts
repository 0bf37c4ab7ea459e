/**
 * When a check has its turns that asks others than its node: the nodes of a fleet, started at once, spread their questions over the
 * interval. By names alone, so that a node keeps its place whatever else is configured. Pure.
 */
import { createHash } from 'node:crypto'

/** Of a check's interval; nobody waits longer than a third of it for the first result. */
const FIRST_SHARE = 1 / 3
const FIRST_POD_MS = 10_000
/** Nothing that a person who has just started it would notice. */
const FIRST_ALONE_MS = 2_000
/** How long it is at least from one turn to the next where one came out of its place, in intervals. */
const GAP_SHARE = 1 / 2

/** The place of a node's check: from 0 up to 1, the same at each start, and for any set of nodes as if it were drawn by lot. */
export function phaseOf(nodeName: string, check: string): number {
  const digest = createHash('sha256').update(`${nodeName}\0${check}`).digest()
  return digest.readUIntBE(0, 6) / 2 ** 48
}

/**
 * How long its first turn waits, in milliseconds: up to 10 s in a pod, which a rollout starts on many nodes at once; elsewhere, where
 * somebody may have started it and looks on, 2 s; never more than a third of its interval.
 */
export function firstTurnMs(phase: number, intervalMs: number, isPod: boolean): number {
  return phase * Math.min(isPod ? FIRST_POD_MS : FIRST_ALONE_MS, intervalMs * FIRST_SHARE)
}

/**
 * When its next turn is due: at its place in the interval, half an interval after the last began at least, and one and a half at most.
 * @param startedMs when its turns began; like `beganMs`, when the last turn did, and the answer, on the monotonic clock
 */
export function dueInPhase(phase: number, startedMs: number, beganMs: number, intervalMs: number): number {
  const anchorMs = startedMs + phase * intervalMs
  const leastMs = beganMs + intervalMs * GAP_SHARE
  return anchorMs + Math.ceil((leastMs - anchorMs) / intervalMs) * intervalMs
}
