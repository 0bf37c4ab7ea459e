import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCards } from '../cards/cards.ts'
import { findingsOf } from '../checks/gpu-kernel-log/findings.ts'
import { takeFact } from './judge.ts'
import { stateOf } from './kept-state.ts'
import { parseLine } from './parse-line.ts'
import { rebooted, recovered, replaced, unstuck } from './proofs.ts'
import type { LogState } from './state.ts'
import { LOADED, PLACE, recovery, xid } from './testing-lines.ts'
import { log } from './testing-log.ts'

const RULINGS = { xid: {}, sxid: {}, modes: {} }

/** A state with something of each kind in it. */
function kept(): unknown {
  const { say, state } = log()
  say(1, xid(48))
  say(2, recovery(1))
  say(3, 'INFO: task nvidia-smi:4242 blocked for more than 122 seconds.')
  say(4, xid(31, { place: '0000:84:00' }))
  state.known.push('0000:85:00')
  state.uuids[PLACE] = 'GPU-3f'
  state.recurrences.push({ uuid: 'GPU-3f', code: 48, boots: [{ boot: 'a', ms: 1 }] })
  return JSON.parse(JSON.stringify(state))
}

type Path = readonly (string | number)[]

/** Where something stands in it. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...path, name]))]
}

function changed(value: unknown, [first, ...rest]: Path, to: unknown): unknown {
  if (first === undefined) return to
  const copy = structuredClone(value) as Record<string | number, unknown>
  copy[first] = changed(copy[first], rest, to)
  return copy
}

/** All that is done with a state: it is told of, and goes on. */
function use(value: unknown): void {
  const state = stateOf(structuredClone(value))?.state
  if (state === undefined) return
  const view = { cards: createCards(), rulings: RULINGS, settled: new Map(), isSettled: true, others: [] }
  for (const { reason, health } of findingsOf(state, view)) expect([reason.length > 0, health]).not.toContain(false)
  for (const line of [xid(48), xid(31), recovery(0), recovery(2), LOADED]) {
    const fact = parseLine(line)
    if (fact === undefined) throw new Error(`nothing is read in ${line}`)
    takeFact(state, fact, { ms: 9000, bootMs: 9000, us: 9_000_000 }, { rulings: RULINGS, isGpu: () => true })
  }
  unstuck(state, ({ pid, process }) => pid === 1 && process.length > 3)
  recovered(state, PLACE, { by: 'x' })
  replaced(state, [{ place: PLACE, uuid: 'GPU-4' }])
  rebooted(state, 'other')
  findingsOf(state, view)
}

test('whatever stands in one place of what was kept, it is a state that can be gone on with, or none', () => {
  const state = kept()
  expect(stateOf(state)).toEqual({ state, odd: 0 })
  const paths = pathsOf(state)
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, to) => use(changed(state, path, to))),
    { numRuns: 500 },
  )
  for (const path of paths)
    for (const to of [null, 1e300, -1e300, '', 'x', [], [null], {}, { a: 1 }, undefined]) use(changed(state, path, to))
})

test.each([
  ['a place in the log without its number', ['upTo', 'sequence'], undefined],
  ['no boot', ['boot'], 7],
])('%s makes it none: the log is read anew', (_, path, to) => {
  expect(stateOf(changed(kept(), path, to))).toBeUndefined()
})

test.each([
  ['a word of the driver that nobody knows', ['needs', 0, 'recovery'], 'defenestrate'],
  ['a proof of a later version', ['faults', 0, 'proof'], 'prayer'],
  ['a time that no clock has', ['faults', 0, 'lastMs'], 1e300],
  ['details that are none', ['faults', 0, 'details'], null],
  ['a condition of a later version', ['faults', 0, 'type'], 'GPUHaunted'],
  ['a sight without a field', ['sights', 0, 'isFirst'], undefined],
] as const)('%s is let go of alone, and what stays is not whole', (_, path, to) => {
  const before = kept() as LogState
  const { state, odd } = stateOf(changed({ ...before, isWhole: true }, path, to)) ?? {}
  const [list] = path
  expect(odd).toBe(1)
  expect(state).toEqual({ ...before, isWhole: false, [list]: before[list].slice(1) })
})

test('what no log says again outlives an entry that this version does not know', () => {
  const before = kept() as LogState
  const [fault] = before.faults
  const standing = { ...fault, reason: 'GPUXid64', code: 64, proof: 'replacement' }
  const faults = [{ ...fault, type: 'GPUNewKind' }, standing]
  expect(stateOf({ ...before, faults })?.state.faults).toEqual([standing])
})

test.each(['known', 'uuids', 'faults', 'sights', 'needs', 'recurrences'] as const)(
  'without its %s it has the rest',
  (name) => {
    const before = kept() as LogState
    const { state, odd } = stateOf({ ...before, [name]: 7 }) ?? {}
    expect(odd).toBe(1)
    expect(state).toEqual({ ...before, isWhole: false, [name]: name === 'uuids' ? {} : [] })
  },
)
