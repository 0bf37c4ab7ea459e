/** A million of each of what others may write; test/e2e/fuzz.test.ts has a few of them. */
import { expect, it } from 'vitest'
import { fuzz, isHarmless } from './fuzz.ts'
import { FUZZ_TARGETS } from './fuzz-targets.ts'

const RUNS = Number(process.env['NODE_DOCTOR_FUZZ_RUNS'] ?? 1_000_000)

it.for(FUZZ_TARGETS)(
  '$name, whatever is in them, end nothing, hold up nothing and leave nothing',
  { timeout: 60 * 60_000 },
  ({ create }) => {
    const seed = Math.floor(Date.now() / 1000)
    const result = fuzz(seed, RUNS, create())
    expect(result).toSatisfy(isHarmless)
  },
)
