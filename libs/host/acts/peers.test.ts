import { expect, it } from 'vitest'
import { parsePeers } from './peers.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const line = (rem: string, state: string): string =>
  `   0: 0100000A:9C40 ${rem} ${state} 00000000:00000000 00:00000000 00000000     0        0 41 1 0000\n`

it('tells who is at the other end of what is established on a port, in both writings', () => {
  const v4 = HEAD + line('0200000A:192B', '01') + line('0300000A:192B', '06') + line('0400000A:01BB', '01')
  expect(parsePeers(v4, new Set([6443]))).toEqual(['10.0.0.2'])
  const v6 =
    HEAD + line('B80D0120000000000000000002000000:192B', '01') + line('0000000000000000FFFF00000500000A:192B', '01')
  expect(parsePeers(v6, new Set([6443]))).toEqual(['2001:db8::2', '10.0.0.5'])
  expect(parsePeers('no table at all\n', new Set([6443]))).toEqual([])
})
