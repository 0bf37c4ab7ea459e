import { expect, test } from 'vitest'
import { fieldArguments, matchArguments, placeArguments } from './query.ts'

test('values of a field are alternatives, fields hold together, and matches are alternatives', () => {
  expect(
    matchArguments([{ SYSLOG_IDENTIFIER: ['kubelet', 'a b'], _TRANSPORT: 'journal' }, { _TRANSPORT: 'kernel' }]),
  ).toEqual(['SYSLOG_IDENTIFIER=kubelet', 'SYSLOG_IDENTIFIER=a b', '_TRANSPORT=journal', '+', '_TRANSPORT=kernel'])
  expect(matchArguments([])).toEqual([])
  expect(matchArguments([{ _TRANSPORT: 'kernel' }, {}])).toEqual([])
})

test('what no journal can have is refused', () => {
  expect(() => matchArguments([{ '--vacuum-files': '1' }])).toThrow(
    '"--vacuum-files" is no name of a field; give one in capitals, such as SYSLOG_IDENTIFIER',
  )
  expect(() => matchArguments([{ A: [] }])).toThrow('the match of A has no value that a journal could hold')
  expect(() => matchArguments([{ A: 'a\0b' }])).toThrow('the match of A has no value that a journal could hold')
  expect(() => fieldArguments(['a,b'])).toThrow('"a,b" is no name of a field')
})

test('a time is told to the microsecond', () => {
  expect(placeArguments({ sinceRealtimeUs: 1_700_000_000_000_007 })).toEqual(['--since=@1700000000.000007'])
  expect(placeArguments('start')).toEqual([])
  expect(placeArguments({ entry: 's=1' })).toEqual(['--cursor=s=1'])
})
