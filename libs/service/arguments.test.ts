import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseServiceArguments, usageOf } from './arguments.ts'
import { UsageError } from './errors.ts'
import type { FlagSpec } from './flags.ts'

describe('the command line', () => {
  it('turns flags into keys of the configuration, each with the text it came from', () => {
    expect(
      parseServiceArguments([
        '--config',
        'a.yaml',
        '--run-dir=/tmp/run',
        '--log-level',
        'debug',
        '--set',
        'exporters.http.hostPort=8081',
        '--set',
        'bus.url=nats://x?a=b',
      ]),
    ).toEqual({
      config: 'a.yaml',
      own: {},
      set: [
        { key: 'settings.runDir', value: '/tmp/run', flag: '--run-dir=/tmp/run' },
        { key: 'settings.logLevel', value: 'debug', flag: '--log-level=debug' },
        { key: 'exporters.http.hostPort', value: '8081', flag: '--set exporters.http.hostPort=8081' },
        { key: 'bus.url', value: 'nats://x?a=b', flag: '--set bus.url=nats://x?a=b' },
      ],
      help: false,
      version: false,
    })
  })

  it('names files of external monitors as node-problem-detector does', () => {
    const { set } = parseServiceArguments([
      '--config.external-monitor=/a.json,b.json',
      '--config.external-monitor',
      'c',
    ])
    expect(set).toEqual([
      {
        key: 'npd.externalMonitors',
        value: JSON.stringify(['/a.json', resolve('b.json'), resolve('c')]),
        flag: '--config.external-monitor=/a.json,b.json,c',
      },
    ])
  })

  it.each([
    [
      ['--nonsense'],
      'unknown flag --nonsense; there are --config, --config.external-monitor, --run-dir, --state-dir, --log-level, --log-format, --set, --help, --version',
    ],
    [['-log-levle=debug'], 'unknown flag -log-levle; did you mean --log-level?'],
    [['positional'], 'unexpected argument "positional"; every setting is a flag'],
    [['--'], 'unexpected argument "--"; every setting is a flag'],
    [['--config'], '--config needs a value: --config VALUE, or --config=VALUE'],
    [['--config', '--help'], '--config needs a value: --config VALUE, or --config=VALUE'],
    [['--help=no'], '--help has no value, and was given "no"'],
    [['--set', '=x'], /--set =x: expected KEY=VALUE/],
    [['--set', 'novalue'], /--set novalue: expected KEY=VALUE, for example --set exporters.http.hostPort=8081/],
  ])('refuses %j and says why', (argv, text) => {
    expect(() => parseServiceArguments(argv)).toThrow(text)
    expect(() => parseServiceArguments(argv)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

const OWN: readonly FlagSpec[] = [
  { name: 'socket', value: 'PATH', what: 'the socket', default: '/run/x.sock', parse: (text) => text },
  {
    name: 'temp-threshold',
    value: 'CELSIUS',
    what: 'too hot above it',
    parse(text) {
      if (!/^-?\d+$/.test(text)) throw new Error('expected a whole number of °C')
      return Number(text)
    },
  },
  { name: 'version', value: 'TEXT', what: 'version that it says', parse: (text) => text },
]

describe('flags of one service', () => {
  it.each([
    [['--socket', '/tmp/x.sock'], { socket: '/tmp/x.sock' }],
    [['-socket', '/tmp/x.sock', '-temp-threshold=90'], { socket: '/tmp/x.sock', 'temp-threshold': 90 }],
    [['--socket=a=b', '--socket', 'c'], { socket: 'c' }],
    [['--temp-threshold', '-5'], { 'temp-threshold': -5 }],
    [['--socket='], { socket: '' }],
    [['--version', '1.0.0', '--log-level', 'debug'], { version: '1.0.0' }],
  ])('are taken with one dash or two, as Go takes them: %j', (argv, own) => {
    expect(parseServiceArguments(argv, OWN)).toMatchObject({ own, version: false })
  })

  it.each([[['--version']], [['--version', '--socket', 'x']]])('leave `--version` alone what it is: %j', (argv) => {
    expect(parseServiceArguments(argv, OWN).version).toBe(true)
  })

  it.each([
    [['--temp-threshold', 'hot'], '--temp-threshold hot: expected a whole number of °C'],
    [['--temp-treshold', '90'], 'unknown flag --temp-treshold; did you mean --temp-threshold?'],
    [['--socket'], '--socket needs a value: --socket VALUE, or --socket=VALUE'],
  ])('are refused with what is expected: %j', (argv, text) => {
    expect(() => parseServiceArguments(argv, OWN)).toThrow(new UsageError(text))
  })

  it('stand in the help, before those of every service', () => {
    expect(usageOf(OWN)).toContain(`Flags of its own:
  --socket PATH             the socket (default /run/x.sock)
  --temp-threshold CELSIUS  too hot above it
  --version TEXT            version that it says

Options:
  --config FILE `)
  })

  it('name --version once more only to say what it is without a value', () => {
    expect(usageOf(OWN)).toMatch(/\n {2}--help, --version without a value: what this program is of$/)
    expect(usageOf([])).toMatch(/\n {2}--help, --version$/)
  })

  it('whatever is typed, a command line is read or refused in words', () => {
    const word = fc.oneof(
      fc.constantFrom('-', '--', '--socket', '-socket=', '--version', '--help', '--set', 'a=b', '-1', '--=', '-h'),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
        try {
          parseServiceArguments(argv, OWN)
        } catch (err) {
          expect(err).toBeInstanceOf(UsageError)
        }
      }),
    )
  })
})
