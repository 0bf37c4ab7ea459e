import { expect, it } from 'vitest'
import { fuzz, isHarmless } from '../soak/fuzz.ts'
import { FUZZ_TARGETS } from '../soak/fuzz-targets.ts'

it.for(FUZZ_TARGETS)(
  '$name, whatever is in them, end nothing, hold up nothing and leave nothing',
  { timeout: 60_000 },
  ({ create, short }) => {
    // Others each day; a failure names the seed.
    expect(fuzz(Math.floor(Date.now() / 86_400_000), short, create())).toSatisfy(isHarmless)
  },
)
