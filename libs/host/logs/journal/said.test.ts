import { expect, test } from 'vitest'
import { createDamageWatch, damagedBy, failureOf, missingOf } from './said.ts'

// As systemd 252 says it.
test.for([
  ['Journal file /j/a.journal uses an unsupported feature, ignoring file.', '/j/a.journal'],
  ['Journal file /j/a.journal is truncated, ignoring file.', '/j/a.journal'],
  ["Can't iterate through /j/a.journal, ignoring: Bad message", '/j/a.journal'],
  ['Failed to open journal file /j/a.journal: Bad message', '/j/a.journal'],
  ['Entry item 645 is bad, skipping over it.', 'Entry item 645 is bad, skipping over it.'],
  ['Failed to open journal file /j/a.journal: No such file or directory', undefined],
  ['File /j/system.journal added.', undefined],
  ['Journal filter: (SYSLOG_IDENTIFIER=is bad, ignoring file AND _TRANSPORT=kernel)', undefined],
  ['Journal effective settings seal=no keyed_hash=yes compress=yes compress_threshold_bytes=8B', undefined],
] as const)('knows what is damaged: %s', ([line, what]) => {
  expect(damagedBy(line, 'whole')).toBe(what)
})

test('a file that is being made while it is followed is not damaged', () => {
  expect(damagedBy('Journal file /j/system.journal is truncated, ignoring file.', 'live')).toBeUndefined()
})

test('a damage is told once', () => {
  const watch = createDamageWatch()
  const line = 'Journal file /j/a.journal is truncated, ignoring file.'
  watch.hear(line, 'whole')
  expect([watch.take(), watch.take(), watch.last]).toEqual([true, false, line])
  watch.hear(line, 'whole')
  expect(watch.take()).toBe(false)
  watch.hear('Journal file /j/b.journal is truncated, ignoring file.', 'whole')
  expect(watch.take()).toBe(true)
})

test('a journal without a file is none, one without an entry is one', () => {
  const none = ['Root directory /var/log/journal added.', 'Journal filter: none', '']
  expect(missingOf(none)).toEqual({ code: 'ENOENT', detail: 'there is no journal' })
  expect(missingOf([...none, 'File /var/log/journal/a/system.journal added.'])).toBeUndefined()
})

test('says why it failed by its last word of trouble', () => {
  expect(failureOf(['File /a added.', ''], 0)).toBeUndefined()
  expect(failureOf(['No journal files were opened due to insufficient permissions.'], 1)).toEqual({ code: 'EACCES' })
  expect(failureOf(['Failed to seek to cursor: Invalid argument', 'mmap cache statistics: 0'], 1)).toEqual({
    code: 'JOURNALCTL_FAILED',
    detail: 'Failed to seek to cursor: Invalid argument',
  })
  expect(failureOf(['mmap cache statistics: 0'], 'SIGSEGV')).toEqual({
    code: 'JOURNALCTL_FAILED',
    detail: 'it ended with SIGSEGV',
  })
})
