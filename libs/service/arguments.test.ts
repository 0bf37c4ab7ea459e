import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseServiceArguments } from './arguments.ts'

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
    [['--nonsense'], /Unknown option '--nonsense'/],
    [['positional'], /Unexpected argument 'positional'/],
    [['--config'], /--config <value>' argument missing/],
    [['--set', '=x'], /--set =x: expected KEY=VALUE/],
    [['--set', 'novalue'], /--set novalue: expected KEY=VALUE, for example --set exporters.http.hostPort=8081/],
  ])('refuses %j and says why', (argv, text) => {
    expect(() => parseServiceArguments(argv)).toThrow(text)
    expect(() => parseServiceArguments(argv)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})
