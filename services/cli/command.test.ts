import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Command, parseCommand, wantsJson } from './command.ts'
import { CliUsageError } from './errors.ts'
import { flagsOf } from './settings.ts'
import { renderTable } from './table.ts'

const command: Command = {
  name: 'test',
  summary: '',
  help: '',
  options: {
    all: { type: 'boolean', short: 'a' },
    output: { type: 'string', short: 'o' },
    set: { type: 'string', multiple: true },
  },
  positionals: 1,
  run: () => Promise.resolve(0),
}

describe('a command line', () => {
  it('is options and as many arguments as the command takes', () => {
    expect(parseCommand(command, ['-a', 'file', '-o', 'json'])).toMatchObject({
      values: { all: true, output: 'json' },
      positionals: ['file'],
    })
    expect(() => parseCommand(command, ['one', 'two'])).toThrow('test: "two" is one argument too many')
  })

  it('is refused in words of ours, whatever Node says of it', () => {
    for (const [argv, words] of [
      [['-z'], 'test: unknown option -z'],
      [['--output'], 'test: -o, --output needs a value, as in --output=VALUE'],
      [['--set'], 'test: --set needs a value, as in --set=VALUE'],
      [['--set', '--all'], 'test: --set needs a value, as in --set=VALUE'],
      [['--all=1'], 'test: -a, --all takes no value'],
    ] as const)
      expect(() => parseCommand(command, argv)).toThrow(new CliUsageError(words))
  })

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 6 }), (argv) => {
        try {
          parseCommand(command, argv)
        } catch (err) {
          expect(err).toBeInstanceOf(CliUsageError)
        }
      }),
    )
  })

  it('sets keys of the configuration', () => {
    expect(flagsOf({ 'run-dir': '/r', set: ['a.b=c=d'] })).toEqual([
      { key: 'settings.runDir', value: '/r', flag: '--run-dir=/r' },
      { key: 'a.b', value: 'c=d', flag: '--set a.b=c=d' },
    ])
    expect(() => flagsOf({ set: ['nonsense'] })).toThrow(
      '--set nonsense: expected KEY=VALUE, for example --set exporters.http.hostPort=8081',
    )
  })

  it('asks for JSON or for words', () => {
    expect([wantsJson({}), wantsJson({ output: 'json' }), wantsJson({ output: 'text' })]).toEqual([false, true, false])
    expect(() => wantsJson({ output: 'xml' })).toThrow('-o xml: expected json or text')
  })
})

describe('a table', () => {
  it('has aligned columns', () => {
    expect(
      renderTable(
        ['A', 'LONG'],
        [
          ['aaa', 'x'],
          ['b', 'y'],
        ],
      ),
    ).toBe('A    LONG\naaa  x\nb    y')
  })
})
