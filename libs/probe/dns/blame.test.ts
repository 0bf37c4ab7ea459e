import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blameOf, type Tried } from './blame.ts'

/** "a udp x answered" */
function table(...rows: readonly string[]): readonly Tried[] {
  return rows.map((row) => {
    const [server = '', protocol, name = '', outcome] = row.split(' ')
    return { server, protocol: protocol as Tried['protocol'], name, outcome: outcome as Tried['outcome'] }
  })
}

describe('blame', () => {
  it('is a server’s that fails for every name, by the protocol by which it does', () => {
    const rows = table('a udp x answered', 'a tcp x failed', 'b udp x answered', 'b udp y answered', 'b tcp x answered')
    expect(blameOf(rows)).toEqual({ kind: 'parts', ways: [{ server: 'a', protocol: 'tcp' }], names: [] })
  })

  it('is a name’s that fails at every server that answers others, though one of three is dead', () => {
    const servers = ['a', 'b', 'c']
    const rows = servers.flatMap((server) =>
      table(`${server} udp x ${server === 'c' ? 'failed' : 'answered'}`, `${server} udp sick failed`),
    )
    expect(blameOf(rows)).toEqual({ kind: 'parts', ways: [{ server: 'c', protocol: 'udp' }], names: ['sick'] })
  })

  it('is DNS’s as a whole where each server was asked and none answers', () => {
    expect(blameOf(table('a udp x failed', 'b udp x failed', 'b tcp x failed'))).toEqual({ kind: 'whole' })
  })

  it('is nobody’s yet', () => {
    expect(blameOf([])).toEqual({ kind: 'nothing' })
    expect(blameOf(table('a udp x answered'))).toEqual({ kind: 'nothing' })
    // Of b nothing is known.
    expect(blameOf(table('a udp x failed', 'b udp x unjudged'))).toEqual({ kind: 'nothing' })
    // Once so, once so.
    expect(blameOf(table('a udp x failed', 'a udp x answered'))).toEqual({ kind: 'nothing' })
    // The name may be at fault, or a, or b: of each only one thing is known.
    expect(blameOf(table('a udp x failed', 'b udp y answered'))).toEqual({ kind: 'nothing' })
    // One that answers was not asked for it.
    expect(blameOf(table('a udp x failed', 'a udp y answered', 'b udp y answered'))).toEqual({ kind: 'nothing' })
  })

  const tried = fc.record<Tried>({
    server: fc.constantFrom('a', 'b', 'c'),
    protocol: fc.constantFrom('udp', 'tcp'),
    name: fc.constantFrom('x', 'y', 'z'),
    outcome: fc.constantFrom('answered', 'failed', 'unjudged'),
  })
  const rows = fc.array(tried, { maxLength: 24 })

  it('does not depend on the order', () => {
    const both = rows.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
    )
    fc.assert(
      fc.property(both, ([some, shuffled]) => {
        expect(blameOf(shuffled)).toEqual(blameOf(some))
      }),
    )
  })

  it('is never a way’s or a name’s that answered, nor DNS’s while anything answers, and whoever is blamed failed', () => {
    fc.assert(
      fc.property(rows, (some) => {
        const blame = blameOf(some)
        const answered = some.filter(({ outcome }) => outcome === 'answered')
        if (blame.kind === 'whole') expect(answered).toEqual([])
        if (blame.kind !== 'parts') return
        for (const way of blame.ways) {
          const own = some.filter(({ server, protocol }) => server === way.server && protocol === way.protocol)
          expect(own.map(({ outcome }) => outcome)).toContain('failed')
          expect(own.map(({ outcome }) => outcome)).not.toContain('answered')
        }
        for (const name of blame.names) {
          const own = some.filter((row) => row.name === name).map(({ outcome }) => outcome)
          expect(own).toContain('failed')
          expect(own).not.toContain('answered')
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is not more where less is known', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (some, at) => {
        const before = blameOf(some)
        const less = some.map(
          (row, index): Tried =>
            index === at % some.length && row.outcome === 'failed' ? { ...row, outcome: 'unjudged' } : row,
        )
        const after = blameOf(less)
        if (after.kind === 'whole') expect(before.kind).toBe('whole')
        if (after.kind === 'parts') {
          expect(before).toMatchObject({
            ways: expect.arrayContaining([...after.ways]),
            names: expect.arrayContaining([...after.names]),
          })
        }
      }),
      { numRuns: 1000 },
    )
  })
})
