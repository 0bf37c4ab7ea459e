import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isInRange,
  parseCounter,
  parseMaxPages,
  parsePortRange,
  parseSocketCounts,
  parseSoftnetDrops,
  sizeOf,
} from './parse.ts'
import { addressText, busiestPlace, udpPorts } from './ports.ts'

const SOCKSTAT =
  'sockets: used 120\nTCP: inuse 12 orphan 0 tw 376 alloc 12 mem 150\nUDP: inuse 6 mem 256\nUDPLITE: inuse 0\n'

test('sockets of both families are counted together; a kernel without IPv6 has one', () => {
  const counts = { tcp: 12, timeWait: 376, udp: 6, tcpPages: 150, udpPages: 256 }
  expect(parseSocketCounts(SOCKSTAT, undefined)).toEqual(counts)
  expect(parseSocketCounts(SOCKSTAT, 'TCP6: inuse 3\nUDP6: inuse 2\n')).toEqual({ ...counts, tcp: 15, udp: 8 })
  for (const near of ['', 'TCP: inuse 12', SOCKSTAT.replace('mem 150', 'mem')]) {
    expect(parseSocketCounts(near, undefined)).toBeUndefined()
  }
})

test('limits of memory, counters and drops of processors', () => {
  expect(parseMaxPages('288459\t384612\t576918\n')).toBe(576_918)
  expect(['1 2', '1 2 0', '1 2 3 4', 'x'].map(parseMaxPages)).toEqual(Array(4).fill(undefined))
  const snmp = 'Ip: Forwarding\nIp: 1\nTcp: MaxConn OutSegs RetransSegs\nTcp: -1 6888141 16622\n'
  expect(parseCounter(snmp, 'Tcp', 'OutSegs')).toBe(6_888_141)
  expect(parseCounter(snmp, 'Tcp', 'MaxConn')).toBeUndefined()
  expect(parseCounter(snmp, 'Udp', 'InErrors')).toBeUndefined()
  expect(parseSoftnetDrops('00459511 00000003 00000000\n004b0251 00000010 00000002\n')).toBe(19)
  expect(['', 'x y\n', '00459511\n'].map(parseSoftnetDrops)).toEqual(Array(3).fill(undefined))
})

test('of the local ports those that are reserved are given to nobody', () => {
  const range = parsePortRange('32768\t60999\n', '8080,32768-32777,60999\n')!
  expect(sizeOf(range)).toBe(28_232 - 11)
  expect([8080, 32_768, 32_778, 60_998, 60_999, 61_000].map((port) => isInRange(range, port))).toEqual([
    false,
    false,
    true,
    true,
    false,
    false,
  ])
  const near = [
    ['60999\t32768', ''],
    ['1', ''],
    ['1 70000', ''],
    ['1 2 3', ''],
    ['1 2', 'a-b'],
    ['1 2', '1-2-3'],
  ] as const
  for (const [text, reserved] of near) expect(parsePortRange(text, reserved)).toBeUndefined()
})

const RANGE = parsePortRange('60000\t60009', '')!
const line = (local: string, remote: string, state = '01') =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000`

/** Nobody waits. */
const pause = () => Promise.resolve()

test('the place with most local ports is found, and what may be taken again does not count', async () => {
  const texts = [
    [
      '  sl  local_address rem_address   st',
      line('0A01000A:EA60', '0501000A:01BB'),
      line('0A01000A:EA61', '0501000A:01BB', '06'),
      // The same port for another place, a port of ours, one that listens, and this machine itself.
      line('0A01000A:EA60', '0601000A:01BB'),
      line('0A01000A:01BB', '0501000A:EA60'),
      line('00000000:EA65', '00000000:0000', '0A'),
      line('0100007F:EA66', '0100007F:1F90', '06'),
    ].join('\n'),
    // ::ffff:10.0.1.10 shares its ports with 10.0.1.10.
    line('0000000000000000FFFF00000A01000A:EA62', '0000000000000000FFFF00000501000A:01BB'),
  ]
  expect(await busiestPlace(texts, RANGE, 2, pause)).toEqual({ place: '10.0.1.5:443', ports: 3, timeWait: 1 })
  expect(await busiestPlace(texts, RANGE, 1, pause)).toEqual({ place: '10.0.1.5:443', ports: 2, timeWait: 0 })
  expect(await busiestPlace([], RANGE, 2, pause)).toBeUndefined()
  const shared = [line('00000000:EA60', '00000000:0000'), line('0100007F:EA60', '00000000:0000')]
  expect(await udpPorts(shared, RANGE, pause)).toBe(1)
})

test('while a hundred thousand sockets are counted others have their turn', async () => {
  const text = Array.from({ length: 100_000 }, () => line('0A01000A:EA60', '0501000A:01BB')).join('\n')
  let turns = 0
  const counted = async () => void turns++
  expect(await busiestPlace([text], RANGE, 2, counted)).toMatchObject({ ports: 100_000 })
  expect(turns).toBe(100)
  await udpPorts([text], RANGE, counted)
  expect(turns).toBe(200)
})

test('addresses read as people write them', () => {
  expect(addressText('0501000A')).toBe('10.0.1.5')
  expect(addressText('B80D0120000001000000000002000000')).toBe('[2001:db8:1:0::2]'.replace(':0::', '::'))
  expect(addressText('00000000000000000000000001000000')).toBe('[::1]')
})

test('no text makes a parser throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (text, other) => {
      parseSocketCounts(text, other)
      parseMaxPages(text)
      parsePortRange(text, other)
      parseCounter(text, 'Tcp', 'OutSegs')
      parseSoftnetDrops(text)
      await busiestPlace([text, other], RANGE, 2, pause)
      await udpPorts([text], RANGE, pause)
    }),
  )
})
