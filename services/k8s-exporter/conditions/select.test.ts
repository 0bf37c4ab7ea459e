import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { someCondition } from '../../../libs/view/testing.ts'
import type { Desired } from './desired.ts'
import { NOT_KNOWN, WATCHED } from './rank.ts'
import { CONDITIONS_MAX, OF_PLUGIN_MAX, type SelectInput, selectConditions } from './select.ts'
import { createTracker } from './tracker.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 4, 12, 3, minute))

function one(type: string, rank: number, changes: Partial<Desired> = {}): Desired {
  const words = { status: 'False', reason: 'R', message: 'm', since: at(0), observed: at(0) } as const
  return { type, ...words, exact: true, rank, types: [type], plugin: '', ...changes }
}

function select(known: readonly Desired[], changes: Partial<SelectInput> = {}) {
  return selectConditions({
    known: new Map(known.map((wish) => [wish.type, wish])),
    always: new Set(['DiskFull']),
    never: new Set(),
    standing: new Set(),
    tracker: createTracker(),
    now: at(30),
    ...changes,
  })
}

const names = ({ chosen }: { readonly chosen: ReadonlyMap<string, Desired> }) => [...chosen.keys()]

describe('what stands on the node', () => {
  it('is what always stands there, and what is not well', () => {
    const selection = select([one('DiskFull', 0), one('SwapHigh', 0), one('CPUPressure', 4), one('ClockJumped', 2)])
    expect(names(selection)).toEqual(['DiskFull', 'CPUPressure', 'ClockJumped'])
    expect([...selection.retired]).toEqual(['SwapHigh'])
  })

  it('is what was not well within the last hour, if it stands there', () => {
    const well = one('SwapHigh', 0, { since: at(0) })
    const standing = new Set(['SwapHigh'])
    expect(names(select([well], { standing, now: at(59) }))).toEqual(['SwapHigh'])
    expect(names(select([well], { standing, now: at(60) }))).toEqual([])
    expect(names(select([well], { now: at(1) }))).toEqual([])
  })

  it('keeps for an hour what was only not known for a while, and is well since long ago', () => {
    const tracker = createTracker()
    tracker.saw('SwapHigh', [someCondition({ health: 'unknown' })], at(20))
    tracker.saw('SwapHigh', [someCondition({ health: 'healthy' })], at(25))
    const well = one('SwapHigh', 0, { since: at(-600) })
    const standing = new Set(['SwapHigh'])
    expect(names(select([well], { standing, tracker, now: at(84) }))).toEqual(['SwapHigh'])
    expect(names(select([well], { standing, tracker, now: at(85) }))).toEqual([])
  })

  it('is not what was looked at for too short a time to say, unless it always stands there', () => {
    const selection = select([one('DiskFull', WATCHED), one('CPUPressure', WATCHED), one('SwapHigh', NOT_KNOWN)])
    expect(names(selection)).toEqual(['DiskFull', 'SwapHigh'])
    expect(selection.leftOut).toEqual([])
    const tracker = createTracker()
    tracker.saw('CPUPressure', [someCondition({ health: 'unknown', held: 'pending' })], at(20))
    tracker.saw('CPUPressure', [someCondition({ health: 'healthy' })], at(25))
    expect(tracker.of('CPUPressure')?.unwell).toBeUndefined()
  })

  it('is never what the configuration keeps away, however bad', () => {
    const selection = select([one('DiskFull', 6), one('SwapHigh', 6)], { never: new Set(['DiskFull', 'SwapHigh']) })
    expect(names(selection)).toEqual([])
    expect(selection.leftOut).toEqual([])
  })

  it('is sixteen of a plug-in that nobody configured, and the worst of them', () => {
    const many = Array.from({ length: 512 }, (_, i) => one(`PluginT${i}`, i === 400 ? 6 : 4, { plugin: 'evil' }))
    const selection = select([one('DiskFull', 0), ...many])
    expect(names(selection)).toHaveLength(1 + OF_PLUGIN_MAX)
    expect(names(selection).slice(0, 2)).toEqual(['DiskFull', 'PluginT400'])
    expect(selection.leftOut).toHaveLength(512 - OF_PLUGIN_MAX)
  })

  it('is never more than has a place, and whoever is left out is no worse than who is in', () => {
    const wish = fc.record({
      i: fc.nat(200),
      rank: fc.integer({ min: 0, max: 6 }),
      plugin: fc.constantFrom('', '', 'a', 'b'),
    })
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 200 }), (all) => {
        const { chosen, leftOut } = select(all.map(({ i, rank, plugin }) => one(`T${i}`, rank, { plugin })))
        expect(chosen.size).toBeLessThanOrEqual(CONDITIONS_MAX)
        for (const plugin of ['a', 'b'])
          expect([...chosen.values()].filter((each) => each.plugin === plugin).length).toBeLessThanOrEqual(
            OF_PLUGIN_MAX,
          )
        const least = Math.min(...[...chosen.values()].map(({ rank }) => rank))
        for (const out of leftOut) if (out.plugin === '') expect(out.rank).toBeLessThanOrEqual(least)
      }),
    )
  })
})
