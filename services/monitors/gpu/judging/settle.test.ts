import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Bad, Said } from './said.ts'
import { NOTHING_STANDS, settle } from './settle.ts'

const about = { type: 'GPURowRemap', entity: 'gpu:GPU-1', subject: 'GPU 0, H200', healthyReason: 'RowsWell', modes: {} }
const bad: Bad = { id: 'count', level: 'bad', severity: 'error', reason: 'Some', message: 'it is bad', summary: 'bad' }
const ok: Said = { id: 'count', level: 'ok', message: 'it is well' }
const unknown: Said = { id: 'count', level: 'unknown', reason: 'ValueFailed', message: 'failed' }

/** Findings of looks, one after another. */
function looks(says: readonly (readonly Said[])[], modes = {}) {
  let standing = NOTHING_STANDS
  return says.map((said) => {
    const settled = settle(said, standing, { ...about, modes })
    ;({ standing } = settled)
    return settled.finding
  })
}

test('what must last is pending until it has, and begins anew after it was well', () => {
  const lasting = { ...bad, needed: 3 }
  const found = looks([[lasting], [lasting], [lasting], [ok], [lasting]])
  expect(found.map((one) => [one?.health, one?.pending])).toEqual([
    ['healthy', true],
    ['healthy', true],
    ['problem', undefined],
    ['healthy', undefined],
    ['healthy', true],
  ])
  expect(found[0]?.message).toBe('it is bad (over it in 1 of 3 checks in a row)')
  expect(found[2]).toMatchObject({ summary: 'GPU 0, H200: bad', subject: 'GPU 0, H200', severity: 'error' })
})

test('what is critical only now is a warning until that has lasted, too', () => {
  const warning = { ...bad, needed: 2, severity: 'warning' } as const
  const critical = { ...bad, needed: 2, severity: 'critical' } as const
  expect(looks([[warning], [critical], [critical]]).map((one) => one?.severity)).toEqual([
    undefined,
    'warning',
    'critical',
  ])
})

test('an error that is critical only now is an error until that has lasted, over looks that see nothing of it, too', () => {
  const error = { ...bad, needed: 2 } as const
  const critical = { ...bad, needed: 2, severity: 'critical' } as const
  expect(looks([[error], [error], [critical], [critical]]).map((one) => one?.severity)).toEqual([
    undefined,
    'error',
    'error',
    'critical',
  ])
  expect(
    looks([[error], [error], [], [critical]])
      .map((one) => one?.severity)
      .at(-1),
  ).toBe('error')
  const other = { ...bad, id: 'pcie-width', severity: 'critical' } as const
  expect(looks([[error], [error], [ok], [error], [critical, other]]).at(-1)?.severity).toBe('critical')
})

test('nobody says anything: there is no finding; of what was a problem it is not over by that', () => {
  expect(looks([[]])).toEqual([undefined])
  const [, silent, well, silentAgain] = looks([[bad], [], [ok], []])
  expect(silent).toMatchObject({ health: 'healthy', pending: true, reason: 'NotSaidNow' })
  expect(silent?.message).toBe('count is not known now, since the driver has no such value; it stays as it was')
  expect(well).toMatchObject({ health: 'healthy', reason: 'RowsWell' })
  expect(silentAgain).toBeUndefined()
})

test('what must last lasts over looks in which nothing follows of it, as of a GPU that rests', () => {
  const lasting = { ...bad, needed: 2 }
  const states = looks([[lasting], [], [lasting], [], [lasting], [], [ok], [], [lasting]]).map((one) =>
    one?.pending === true ? one.reason : one?.health,
  )
  expect(states).toEqual([
    'NotSustainedYet',
    undefined,
    'problem',
    'NotSaidNow',
    'problem',
    'NotSaidNow',
    'healthy',
    undefined,
    'NotSustainedYet',
  ])
})

test('a problem that is counted anew after it could not be seen is not over by that', () => {
  const lasting = { ...bad, needed: 2 }
  const states = looks([[lasting], [lasting], [unknown], [lasting], []]).map((one) =>
    one?.pending === true ? one.reason : one?.health,
  )
  expect(states).toEqual(['NotSustainedYet', 'problem', 'unknown', 'NotSustainedYet', 'NotSaidNow'])
})

test('a part that is well clears nothing of another that is not said any more', () => {
  const other: Said = { id: 'lost', level: 'ok', message: 'well' }
  const [, second] = looks([[bad, other], [other]])
  expect(second).toMatchObject({ pending: true })
})

test('what failed is unknown, is no proof, and hides nothing that is bad', () => {
  const [, failed, silent] = looks([[bad], [unknown], []])
  expect(failed).toMatchObject({ health: 'unknown', reason: 'ValueFailed' })
  expect(silent).toMatchObject({ pending: true })
  const [both] = looks([[unknown, { ...bad, id: 'lost' }]])
  expect(both?.health).toBe('problem')
})

test('what is off is not there, what is observed is told alone, and what is acted on goes first', () => {
  expect(looks([[bad]], { count: 'off' })).toEqual([undefined])
  expect(looks([[bad]], { count: 'observe' })[0]).toMatchObject({ health: 'problem', observeOnly: true })
  const worse: Bad = { ...bad, id: 'lost', severity: 'critical', message: 'worse' }
  const [found] = looks([[bad, worse]], { lost: 'observe' })
  expect(found).toMatchObject({ severity: 'error', message: 'it is bad; worse' })
  expect(found?.observeOnly).toBeUndefined()
})

test('how it was told is kept as long as it is open, but for what is only watched', () => {
  const told = { severity: 'error', summary: 'GPU 0, H200: bad', action: undefined }
  const kept = (says: readonly (readonly Said[])[], modes = {}) => {
    let standing = NOTHING_STANDS
    return says.map((said) => {
      ;({ standing } = settle(said, standing, { ...about, modes }))
      return standing.told
    })
  }
  expect(kept([[bad], [unknown], [], [ok], [bad]])).toEqual([told, told, told, undefined, told])
  expect(kept([[bad]], { count: 'observe' })).toEqual([undefined])
})

test('whatever is said, nothing is well while a part of it is bad, failed, or not said any more', () => {
  const said = fc.constantFrom<readonly Said[]>([bad], [ok], [unknown], [], [{ ...bad, needed: 2 }])
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 8 }), (all) => {
      const found = looks(all)
      for (const [i, one] of found.entries()) {
        if (one?.health !== 'healthy' || one.pending === true) continue
        expect(all[i]).toEqual([ok])
      }
    }),
  )
})
