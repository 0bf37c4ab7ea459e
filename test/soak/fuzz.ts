/** Whatever somebody may write, thrown at who reads it: a short run in test/e2e, a million in test/soak. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The same numbers for the same seed, from 0 up to `below`. */
export type Draw = (below: number) => number

/** mulberry32 */
function drawsOf(seed: number): Draw {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** One of them. */
export function pick<T>(draw: Draw, from: readonly T[]): T {
  return from[draw(from.length)] as T
}

const BYTES = [
  '\0',
  '\n',
  '\r',
  '\x1b',
  '\x7f',
  '\xff',
  '\xc3',
  '\xed\xa0\x80',
  '\xef\xbb\xbf',
  '\xe2\x80\xa8',
  ' ',
  '"',
  '\\',
  '%',
  '$',
  '(',
]

/** A text with some of it taken out, put in, doubled or cut off. Bytes are Latin-1. */
export function mangled(draw: Draw, seeds: readonly string[], pieces: readonly string[] = []): string {
  let text = pick(draw, seeds)
  for (let edits = draw(5); edits > 0; edits--) {
    const at = draw(text.length + 1)
    const [before, after] = [text.slice(0, at), text.slice(at)]
    const how = draw(6)
    if (how === 0) text = before + pick(draw, BYTES) + after
    else if (how === 1) text = before + (pieces.length > 0 ? pick(draw, pieces) : pick(draw, seeds)) + after
    else if (how === 2) text = before + after.slice(draw(12))
    else if (how === 3) text = before + after.slice(0, draw(20)).repeat(draw(4)) + after
    else if (how === 4) text = before
    else text = before + String.fromCharCode(draw(256)) + after.slice(1)
  }
  return text
}

function collected(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

/** What a run came to. */
export interface FuzzResult {
  readonly slowestMs: number
  /** Of memory in use, from the first fifth to the end. */
  readonly grownBytes: number
}

/**
 * @param one reads one input, and throws for what must not be
 * @throws Error with what was thrown, and the seed and number that bring it back
 */
export function fuzz(seed: number, runs: number, one: (draw: Draw) => void): FuzzResult {
  const warm = Math.floor(runs / 5)
  let [slowestMs, beforeBytes] = [0, 0]
  for (let run = 0; run < runs; run++) {
    if (run === warm) beforeBytes = collected()
    const began = performance.now()
    try {
      one(drawsOf(seed * 1_000_003 + run))
    } catch (err) {
      throw new Error(`seed ${seed}, run ${run}: ${String(err)}`, { cause: err })
    }
    slowestMs = Math.max(slowestMs, performance.now() - began)
  }
  return { slowestMs, grownBytes: collected() - beforeBytes }
}

/** Nothing took long, on a busy machine, and what was in use at the end is what was in use before. */
export function isHarmless({ slowestMs, grownBytes }: FuzzResult): boolean {
  return slowestMs < 5_000 && grownBytes < 8 * 1_048_576
}
