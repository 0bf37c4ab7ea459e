import { expect, test } from 'vitest'
import { hasDumped, mayDump } from './core-dump.ts'

const limits = (soft: string): string =>
  `Max stack size            8388608              unlimited            bytes\nMax core file size        ${soft}                    unlimited            bytes\n`

test('a core dump is written where the limit and the pattern let it', () => {
  expect(mayDump(limits('0'), 'core\n')).toBe(false)
  expect(mayDump(limits('unlimited'), 'core\n')).toBe(true)
  expect(mayDump(limits('unlimited'), '\n')).toBe(false)
})

test('a program that takes it gets it whatever the limit is, unless that says none', () => {
  const pattern = '|/usr/lib/systemd/systemd-coredump %P %u\n'
  expect(mayDump(limits('0'), pattern)).toBe(true)
  expect(mayDump(limits('1'), pattern)).toBe(false)
})

test('no dump is written where no signal, or one that writes none, ended a program', async () => {
  expect([await hasDumped(null), await hasDumped('SIGKILL')]).toEqual([false, false])
})
