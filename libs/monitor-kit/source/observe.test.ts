import { expect, test } from 'vitest'
import { HostReadError } from '#host'
import { unknownFinding, unobserved } from '../evaluate/reading.ts'
import { MalformedSourceError } from './errors.ts'
import { observe, understood } from './observe.ts'

const failed = (code: string) => new HostReadError({ action: 'read', path: '/proc/x', code })

test('a failure to read has a reason by its cause', async () => {
  const reasons = ['ENOENT', 'EACCES', 'EPERM', 'TIMEOUT', 'EIO'].map(async (code) => {
    const reading = await observe(() => Promise.reject(failed(code)))
    return reading.ok ? '' : reading.reason
  })
  expect(await Promise.all(reasons)).toEqual([
    'SourceMissing',
    'ReadRefused',
    'ReadRefused',
    'ReadTimedOut',
    'ReadFailed',
  ])
})

test('text that makes no sense says what it is and what was expected', async () => {
  const reading = await observe(async () => understood('/proc/x', 'y'.repeat(100), undefined, '1 2'))
  expect(reading).toEqual({
    ok: false,
    reason: 'SourceMalformed',
    message: `cannot understand /proc/x: it says "${'y'.repeat(80)}…", expected something like "1 2"; see whether another file is mounted there`,
  })
  expect(() => understood('/proc/x', '', undefined, '1')).toThrow(MalformedSourceError)
})

test('a better word for a failure goes first, and a fault of ours is thrown on', async () => {
  const explained = await observe(
    () => Promise.reject(failed('ENOENT')),
    (error) => unobserved('NotThere', error.code),
  )
  expect(explained).toEqual(unobserved('NotThere', 'ENOENT'))
  await expect(observe(() => Promise.reject(new RangeError('ours')))).rejects.toThrow('ours')
})

test('what could not be observed is unknown, with its reason', () => {
  expect(unknownFinding('DiskFull', unobserved('ReadFailed', 'why'), 'disk:/')).toEqual({
    type: 'DiskFull',
    entity: 'disk:/',
    health: 'unknown',
    reason: 'ReadFailed',
    message: 'why',
  })
})
