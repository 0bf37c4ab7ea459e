import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '#service'
import { scriptedMonitor, wellScript } from '../testing/scripted-monitor.ts'
import { helpOf, readCall } from './settings.ts'

const tiny = scriptedMonitor(wellScript())
const call = (argv: readonly string[], env: Record<string, string> = {}, definition = tiny) =>
  readCall(definition, { argv, env, hostName: 'n1' })

describe('a monitor without a configuration', () => {
  it('has what holds by itself', () => {
    expect(call([])).toEqual({
      kind: 'run',
      flags: {},
      config: {
        settings: {
          nodeName: 'n1',
          runDir: '/run/node-doctor',
          stateDir: '/var/lib/node-doctor',
          hostRoot: '',
          logLevel: 'info',
          logFormat: 'json',
        },
        settingsInForce: { set: [] },
      },
    })
  })

  it('takes a flag before its variable, and a variable before what holds by itself', () => {
    const env = {
      NODE_DOCTOR_SOCKET: '/a.sock',
      NODE_NAME: 'n2',
      NODE_DOCTOR_LOG_LEVEL: 'warn',
      NODE_DOCTOR_RUN_DIR: '',
    }
    expect(call(['-socket', '/b.sock', '--host-root=/host/', '--log-format', 'pretty'], env)).toMatchObject({
      flags: { socket: '/b.sock' },
      config: {
        settings: {
          nodeName: 'n2',
          runDir: '/run/node-doctor',
          hostRoot: '/host',
          logLevel: 'warn',
          logFormat: 'pretty',
        },
        settingsInForce: { set: [{ key: 'settings.logFormat' }] },
      },
    })
    expect(call([], env)).toMatchObject({ flags: { socket: '/a.sock' } })
  })

  it('may have a flag of its own in place of one that every such monitor has', () => {
    const flag = { name: 'node-name', value: 'N', what: 'its own', parse: () => ({ version: 'own' }) }
    const definition = { ...tiny, flags: [flag] }
    expect(call(['--node-name', 'x'], {}, definition)).toMatchObject({ flags: { 'node-name': { version: 'own' } } })
    expect(helpOf(definition)).toContain('--node-name N  ')
    expect(helpOf(definition)).not.toContain('--node-name NAME')
  })

  it.each([
    [['--log-level', 'loud'], {}, '--log-level loud: expected one of debug, info, warn, error'],
    [['--run-dir', 'run'], {}, '--run-dir run: expected an absolute path'],
    [
      ['--confg', 'x'],
      {},
      'unknown flag --confg; there are --socket, --run-dir, --state-dir, --host-root, --node-name, --log-level, --log-format, --help, --version',
    ],
    [[], { NODE_DOCTOR_LOG_FORMAT: 'xml' }, 'NODE_DOCTOR_LOG_FORMAT=xml: expected one of json, pretty'],
    [
      [],
      { NODE_DOCTOR_SOCKET: '/tmp/' },
      'NODE_DOCTOR_SOCKET=/tmp/: expected the path of a socket, for example /var/run/npd/my.sock',
    ],
  ])('says what is expected: %j %j', (argv, env, text) => {
    expect(() => call(argv, env as Record<string, string>)).toThrow(new UsageError(text))
  })

  it.each([
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['--version'], 'version'],
  ] as const)('is only asked by %j', (argv, kind) => {
    expect(call(argv)).toEqual({ kind })
  })

  it('whatever stands in its environment, it is read or refused in words', () => {
    const name = fc.constantFrom('NODE_DOCTOR_SOCKET', 'NODE_DOCTOR_RUN_DIR', 'NODE_DOCTOR_LOG_LEVEL', 'NODE_NAME')
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'binary' })), (env) => {
        try {
          expect(call([], env).kind).toBe('run')
        } catch (err) {
          expect(err).toBeInstanceOf(UsageError)
        }
      }),
    )
  })
})
