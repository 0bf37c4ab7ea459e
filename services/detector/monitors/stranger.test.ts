import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KnownMonitor } from './declare.ts'
import type { Stranger } from './identity.ts'
import { whyNotOurs } from './stranger.ts'

const AWAY: KnownMonitor = {
  name: 'gpu',
  origin: 'built-in',
  socket: '/d/gpu/gpu.sock',
  conditions: [],
  expected: false,
  isByWord: true,
}
const HOME: KnownMonitor = { ...AWAY, isAtHome: true }
const OURS: Stranger = { saysHeIs: 'ours', hasOurOwner: true }

function why(known: KnownMonitor, changes: Partial<Stranger>, isRemembered: boolean) {
  return whyNotOurs(known, { ...OURS, ...changes }, isRemembered)?.why
}

describe('who listens where a monitor of ours may stand', () => {
  it('is that monitor where nobody of that name is here, and he says that he is', () => {
    for (const known of [AWAY, HOME]) {
      expect(why(known, {}, false)).toBeUndefined()
      expect(why(known, { saysHeIs: 'idle', hasOurOwner: false }, false)).toBeUndefined()
      expect(why(known, { saysHeIs: 'another' }, false)).toContain('give the plug-in another name')
    }
  })

  it('is that monitor at its own socket, too, where he hangs; elsewhere nobody knows', () => {
    expect(why(HOME, { saysHeIs: undefined }, false)).toBeUndefined()
    expect(why(AWAY, { saysHeIs: undefined }, false)).toContain('does not say who he is')
    expect(why(HOME, { saysHeIs: undefined }, true)).toContain('does not say who he is')
  })

  it('takes the place of one that is here, or may come back, by the user of his socket alone', () => {
    expect(why(AWAY, {}, true)).toBeUndefined()
    expect(why(AWAY, { hasOurOwner: false }, true)).toContain('does not run as (0, 65111)')
    expect(why(HOME, { hasOurOwner: false }, true)).toBeUndefined()
    for (const known of [AWAY, HOME]) expect(why(known, { saysHeIs: 'idle' }, true)).toContain('nothing to watch here')
  })

  it('is refused for some time, and never for good', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(AWAY, HOME),
        fc.record({
          saysHeIs: fc.constantFrom('ours' as const, 'idle' as const, 'another' as const, undefined),
          hasOurOwner: fc.boolean(),
        }),
        fc.boolean(),
        (known, stranger, isRemembered) => {
          const refused = whyNotOurs(known, stranger, isRemembered)
          if (refused !== undefined) expect(refused.afterMs).toBeGreaterThan(0)
          if (stranger.saysHeIs === 'another') expect(refused).toBeDefined()
        },
      ),
    )
  })
})
