/** Who may be asked, and who is drawn of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawnOf, drawPeers, type OwnAddresses, type Peer, peersIn, peersOf } from './peer.ts'

const OWN = { addresses: new Set<string>(), lacks: new Set<never>() }

describe('a draw', () => {
  const pool = (count: number): readonly Peer[] =>
    Array.from({ length: count }, (_, at) => ({ address: `10.0.0.${at}`, port: 1, zone: '', node: '' }))
  const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))

  it('has each once, as many as are wanted, and others than before where there are enough', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(8), random, (count, wanted, numbers) => {
        const next = () => numbers.next().value as number
        const first = drawPeers(pool(count), wanted, next, new Set())
        expect(new Set(first.map(({ address }) => address)).size).toBe(Math.min(count, wanted))
        const before = new Set(first.map(({ address }) => address))
        const second = drawPeers(pool(count), wanted, next, before)
        expect(second).toHaveLength(Math.min(count, wanted))
        if (count >= 2 * wanted) expect(second.filter(({ address }) => before.has(address))).toEqual([])
      }),
    )
  })

  it('asks fewer of a small part of many', () => {
    expect([0, 3, 60].map((count) => [drawnOf(count, false), drawnOf(count, true)])).toEqual([
      [0, 0],
      [3, 1],
      [5, 5],
    ])
  })

  it('has nobody of a list twice, however it is written', () => {
    const list = ['10.0.0.2', '10.0.0.2', 'FD00:0::8', 'fd00::0:8', 'fd00::8', 'x', '10.0.0.256']
    const { peers, invalid } = peersOf(list, 1)
    expect([peers.map(({ address }) => address), invalid]).toEqual([
      ['10.0.0.2', 'fd00::8'],
      ['x', '10.0.0.256'],
    ])
  })

  it('has a node of a Service of two families once, by the family that this node has', () => {
    const endpoint = (address: string, nodeName: string) => ({
      ...{ addresses: [address], isReady: true, isServing: true, isTerminating: false, zone: 'a', nodeName },
    })
    const v4 = { name: 'a', addressType: 'IPv4', ports: [], endpoints: [endpoint('10.0.0.2', 'b')] } as const
    const v6 = {
      ...v4,
      name: 'b',
      addressType: 'IPv6',
      endpoints: [endpoint('fd00::2', 'b'), endpoint('fd00::3', 'c')],
    } as const
    const found = (own: OwnAddresses) => peersIn([v4, v6], 1, own, 'a').map(({ address }) => address)
    expect(found(OWN)).toEqual(['10.0.0.2', 'fd00::3'])
    expect(found({ ...OWN, lacks: new Set(['v6']) })).toEqual(['10.0.0.2'])
    expect(found({ ...OWN, lacks: new Set(['v4']) })).toEqual(['fd00::2', 'fd00::3'])
  })

  it('takes of slices who serves at a port that is known, whatever stands there', () => {
    const endpoint = {
      addresses: ['10.0.0.2'],
      isReady: true,
      isServing: true,
      isTerminating: false,
      zone: 'a',
      nodeName: 'b',
    }
    const slice = { name: 'x', addressType: 'IPv4', ports: [], endpoints: [endpoint] } as const
    expect(peersIn([slice], undefined, OWN, 'n')).toEqual([])
    expect(peersIn([slice], 10_250, OWN, 'b')).toEqual([])
    expect(peersIn([slice], 10_250, OWN, '')).toEqual([{ address: '10.0.0.2', port: 10_250, zone: 'a', node: 'b' }])
    const ports = [
      { name: 'echo', protocol: 'TCP', port: 8023 },
      { name: 'other', protocol: 'TCP', port: 1 },
    ] as const
    expect(peersIn([{ ...slice, ports }], undefined, OWN, '')[0]?.port).toBe(8023)
    const none = [
      { ...endpoint, addresses: [] },
      { ...endpoint, isServing: false },
      { ...endpoint, isTerminating: true },
    ]
    expect(peersIn([{ ...slice, endpoints: none }], 1, OWN, '')).toEqual([])
  })
})
