import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtServices, SERVICES } from '#service-table'
import { diffMembers, type Heard, plansOf } from './members.ts'
import { type Asked, pluginAt, wantedAt } from './testing.ts'
import { type MemberPlan, standingsOf } from './wanted.ts'

const DIR = '/d'
const OWN = '/d/run/monitors'
const CATALOG = ['gpu', 'system'].map((monitor) => ({ monitor, conditionTypes: [], sharedTypes: [] }))
const BUILT = builtServices(SERVICES).flatMap(({ name, kind }) => (kind === 'monitor' ? [name] : []))
const CATALOG_OF_ALL = BUILT.map((monitor) => ({ monitor, conditionTypes: [], sharedTypes: [] }))
const GPU_CHECK = { name: 'gpus', monitor: 'gpu', when: 'nvidia-gpu' } as const

function wanted(asked: Asked) {
  return wantedAt(DIR, { catalog: CATALOG, ...asked })
}

/** Name, socket, origin, and whether it is missed. */
function tellOf(plans: Iterable<MemberPlan>) {
  return [...plans].map(({ known }) => [known.name, known.socket, known.origin, known.expected])
}

function planned(asked: Asked, heard: readonly Heard[] = []) {
  return tellOf(plansOf(wanted(asked), heard).values())
}

function heard(name: string, socket: string, origin: Heard['origin'] = 'discovered'): Heard {
  return { name, socket, origin }
}

describe('a monitor of ours', () => {
  it.each([
    ['with a check for every machine', [{ ...GPU_CHECK, when: 'always' }], [], 'fixed'],
    ['with one for every machine beside others', [GPU_CHECK, { ...GPU_CHECK, when: 'always' }], ['gpu'], 'fixed'],
    ['with checks for some machines', [GPU_CHECK], [], 'as-it-comes'],
    ['with such that must be here', [GPU_CHECK], ['gpu'], 'expected'],
    ['without a check that must be here', [], ['gpu'], 'expected'],
    ['whose checks are switched off', [{ ...GPU_CHECK, when: 'always', enabled: false }], [], 'unasked'],
    ['that nobody mentions', [], [], 'unasked'],
  ] as const)('%s: %j, expect %j: is %s', (_what, monitors, expectNames, standing) => {
    const { config } = wanted({ monitors, detector: { expect: expectNames } })
    expect(standingsOf(config).get('gpu')).toBe(standing)
  })

  it('is a member from the start where it is missed, and at its own socket', () => {
    const monitors = [{ monitor: 'system' }, GPU_CHECK]
    expect(planned({ monitors })).toEqual([['system', `${OWN}/system/system.sock`, 'built-in', true]])
    expect(planned({ monitors, detector: { expect: ['gpu'] } })).toEqual([
      ['gpu', `${OWN}/gpu/gpu.sock`, 'built-in', true],
      ['system', `${OWN}/system/system.sock`, 'built-in', true],
    ])
  })

  it.each(['built-in', 'configured', 'discovered'] as const)(
    'that may stand elsewhere stays where it was heard, as %s',
    (origin) => {
      const at = heard('gpu', '/d/gpu/gpu.sock', origin)
      expect(planned({ monitors: [GPU_CHECK] }, [at])).toEqual([['gpu', '/d/gpu/gpu.sock', 'built-in', false]])
      expect(planned({ detector: { expect: ['gpu'] } }, [at])).toEqual([['gpu', '/d/gpu/gpu.sock', 'built-in', true]])
      expect(planned({ monitors: [GPU_CHECK], detector: { discovery: false } }, [at])).toEqual([])
      expect(
        planned({ monitors: [GPU_CHECK], detector: { discovery: false } }, [heard('gpu', `${OWN}/gpu/gpu.sock`)]),
      ).toEqual([['gpu', `${OWN}/gpu/gpu.sock`, 'built-in', false]])
    },
  )

  it('at its own socket alone is nowhere else, whatever an earlier life has heard', () => {
    expect(planned({ monitors: [{ monitor: 'system' }] }, [heard('system', '/d/system/system.sock')])).toEqual([
      ['system', `${OWN}/system/system.sock`, 'built-in', true],
    ])
  })

  it('that nobody asked for is one more plug-in, at its own socket alone: elsewhere its name is for nobody', () => {
    const home = `${OWN}/gpu/gpu.sock`
    const asked = { detector: { monitorDirs: [OWN, DIR] } }
    expect(planned(asked, [heard('gpu', home)])).toEqual([['gpu', home, 'discovered', false]])
    expect(planned(asked, [heard('gpu', '/d/gpu/gpu.sock')])).toEqual([])
    expect(planned(asked, [heard('gpu', `${OWN}/gpu.sock`)])).toEqual([])
  })

  it.each(BUILT)(
    '%s, which runs wherever it is installed, has nothing to do and is no problem without a check',
    (name) => {
      const { placeAt, whyNot } = wanted({
        catalog: CATALOG_OF_ALL,
        monitors: [],
        detector: { monitorDirs: [OWN, DIR] },
      })
      const at = (path: string) => {
        const place = placeAt(path)
        return place === undefined ? 'no place' : whyNot(place)
      }
      expect(at(`${OWN}/${name}/${name}.sock`)).toBe('')
      expect(at(`/d/${name}/${name}.sock`)).toContain('no check of it is configured here')
    },
  )
})

describe('the name of a socket', () => {
  const why = (asked: Asked, path: string) => {
    const { placeAt, whyNot } = wanted(asked)
    const place = placeAt(path)
    return place === undefined ? 'no place' : whyNot(place)
  }
  it.each([
    ['/d/vendor.sock', ''],
    ['/d/detector/detector.sock', "detector is a name of Node Doctor's own"],
    ['/d/Shared.sock', "Shared is a name of Node Doctor's own"],
    ['/d/system/system.sock', "system is a name of Node Doctor's own"],
    ['/d/GPU/GPU.sock', "GPU is a name of Node Doctor's own"],
    ['/d/gpu.sock', "gpu is a name of Node Doctor's own, which is taken in a folder of its own alone: gpu/gpu.sock"],
    ['/d/gpu/gpu.sock', ''],
    ['/d/other/gpu.sock', 'no place'],
  ])('%s: %j', (path, words) => {
    expect(why({ monitors: [{ monitor: 'system' }, GPU_CHECK] }, path)).toBe(words)
  })

  it('is none of ours that nobody asked for, but where ours stands itself', () => {
    const asked = { detector: { monitorDirs: [OWN, DIR] } }
    expect(why(asked, '/d/gpu/gpu.sock')).toBe(
      "gpu is a name of Node Doctor's own, and no check of it is configured here: configure one in monitors, or give the plug-in another name",
    )
    expect(why(asked, `${OWN}/gpu/gpu.sock`)).toBe('')
    expect(why(asked, `${OWN}/gpu.sock`)).toContain('taken in a folder of its own alone')
  })
})

const NAMES = ['a', 'b', 'gpu', 'system'] as const
const asked = fc
  .record({
    plugins: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b'), at: fc.constantFrom('x', 'y'), ms: fc.nat(2) }),
      {
        selector: ({ name }) => name,
      },
    ),
    expected: fc.subarray(['gpu']),
    monitors: fc.subarray([GPU_CHECK, { name: 'cpu', monitor: 'system' }]),
    discovery: fc.boolean(),
    lostAfterMs: fc.constantFrom(1000, 2000),
  })
  .map(
    ({ plugins, expected, monitors, discovery, lostAfterMs }): Asked => ({
      plugins: plugins.map(({ name, at, ms }) => pluginAt(name, `/p/${at}/${name}.sock`, { intervalMs: 1000 + ms })),
      detector: { expect: expected, discovery, lostAfterMs },
      monitors,
    }),
  )
const known = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...NAMES),
    socket: fc.constantFrom('/d/a.sock', '/d/b/b.sock', '/d/gpu/gpu.sock', `${OWN}/gpu/gpu.sock`, '/elsewhere/a.sock'),
    origin: fc.constantFrom('built-in' as const, 'configured' as const, 'discovered' as const),
  }),
  { selector: ({ name }) => name },
)

describe('one fleet and the next', () => {
  it('differ by what is gone, changed and added, and nobody is asked anew without a reason', () => {
    fc.assert(
      fc.property(asked, asked, known, (first, second, before) => {
        const now = plansOf(wanted(first), before)
        const next = plansOf(
          wanted(second),
          [...now.values()].map((plan) => plan.known),
        )
        const { gone, changed, added, kept } = diffMembers(now, next)
        const fleet = new Map(now)
        for (const name of gone) fleet.delete(name)
        for (const plan of [...changed, ...added, ...kept]) fleet.set(plan.known.name, plan)
        expect(fleet).toEqual(next)
        expect(gone.length + changed.length + kept.length).toBe(now.size)
        for (const { known: one, poll, limits } of kept)
          expect(now.get(one.name)).toMatchObject({ known: one, poll, limits })
        for (const plan of changed) expect(now.get(plan.known.name)).not.toEqual(plan)
      }),
    )
  })

  it('are the same when the same is asked again', () => {
    fc.assert(
      fc.property(asked, known, (one, before) => {
        const now = plansOf(wanted(one), before)
        const again = plansOf(
          wanted(one),
          [...now.values()].map((plan) => plan.known),
        )
        const { gone, changed, added } = diffMembers(now, again)
        expect([gone, changed, added]).toEqual([[], [], []])
      }),
    )
  })

  it('give nobody a name of ours that stands at its own socket', () => {
    fc.assert(
      fc.property(asked, known, (one, before) => {
        const plans = plansOf(wanted({ ...one, monitors: [{ name: 'cpu', monitor: 'system' }] }), before)
        expect(plans.get('system')?.known.socket).toBe(`${OWN}/system/system.sock`)
      }),
    )
  })
})
