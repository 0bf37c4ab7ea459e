import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '#service'
import { parseShell } from './command-line.ts'

const NEEDED = ['--script', '/x/Check_Backup.sh', '--condition', 'BackupStale']

describe('the command line of a script', () => {
  it('needs script and condition, and has the rest by itself', () => {
    expect(parseShell(NEEDED)).toEqual({
      name: 'check-backup',
      path: '/x/Check_Backup.sh',
      condition: 'BackupStale',
      intervalMs: 30_000,
      timeoutMs: 10_000,
    })
    const more = ['-name=backup', '-interval', '1m', '--timeout=500ms', '--socket', '/tmp/x.sock']
    expect(parseShell([...NEEDED, ...more])).toMatchObject({ name: 'backup', intervalMs: 60_000, timeoutMs: 500 })
  })

  it.each([['--help'], ['-h'], ['--version']])('only asks by %s', (flag) => {
    expect(parseShell([flag])).toBeUndefined()
  })

  it.each([
    [['--condition', 'X'], '--script is missing; expected --script PATH'],
    [['--script', 'x'], '--condition is missing; expected --condition TYPE'],
    [
      ['--condition', 'is stale'],
      '--condition is stale: expected the type of a condition in CamelCase, for example BackupStale',
    ],
    [['--name', 'My'], '--name My: expected small letters, digits and "-", for example backup'],
    [['--interval', '30'], '--interval 30: expected a duration from 100ms to 24h, for example 30s'],
    [['--timeout', '1ms'], '--timeout 1ms: expected a duration from 100ms to 24h, for example 30s'],
    [[...NEEDED, '--timeout', '29s'], 'the timeout is 29000 ms; expected at most 28000 ms, 2 s less than the interval'],
    [['--scirpt', 'x'], 'unknown flag --scirpt; did you mean --script?'],
  ])('says what is expected: %j', (argv, text) => {
    expect(() => parseShell(argv)).toThrow(new UsageError(text))
  })

  it('has a name for every script', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((path) => !path.startsWith('-')),
        (path) => {
          expect(parseShell(['--script', path, '--condition', 'X'])?.name).toMatch(/^[a-z][a-z0-9-]{0,62}$/)
        },
      ),
    )
  })
})
