import { describe, expect, it } from 'vitest'
import { faultsOf, HEAD, parse } from '../testing.ts'

const START = `plugins:
  - name: fan
    socketAddress: /run/fan.sock
`
const LINE = `${HEAD}${START}`.split('\n').length
const entryOf = (keys: string) => parse(`${HEAD}${START}${keys}`).plugins[0]
const notesOf = (keys: string) =>
  (parse(`${HEAD}${START}${keys}`).notes ?? [])
    .filter(({ key }) => key.startsWith('plugins.'))
    .map(({ key, text }) => `${key}: ${text}`)

describe('a duration of a plug-in', () => {
  it('may be nanoseconds as a whole number, as files of Go programs have it', () => {
    const keys = `    invoke_interval: 45000000000
    grpcTimeout: 5000000000
    retryPolicy: { initialBackoff: 250000000, maxBackoff: 60000000000 }
    healthCheckInterval: 20000000000
    healthCheck: { timeout: 1500000000 }
`
    expect(entryOf(keys)).toMatchObject({
      intervalMs: 45_000,
      timeoutMs: 5000,
      retryPolicy: { initialBackoffMs: 250, maxBackoffMs: 60_000 },
      healthCheck: { intervalMs: 20_000, timeoutMs: 1500 },
    })
    expect(entryOf('    reconnectInterval: 30000000000\n')?.retryPolicy).toMatchObject({ maxBackoffMs: 30_000 })
    const set = { key: 'plugins.fan.timeout', value: '4000000000', flag: '--set' }
    expect(parse(`${HEAD}${START}`, { flags: [set] }).plugins[0]).toMatchObject({ timeoutMs: 4000 })
  })

  const RANGE = 'expected a duration from "1s" to "1h", or nanoseconds as a whole number'
  it.each([
    ['timeout: 5', `timeout: 5 nanoseconds are less than a millisecond; ${RANGE}, as 30000000000`],
    ['grpcTimeout: 5000000', `timeout: 5000000 ("5ms") is too short; ${RANGE}`],
    ['timeout: 7200000000000', `timeout: 7200000000000 ("2h") is too long; ${RANGE}`],
    ['timeout: -1', `timeout: -1 is too short; ${RANGE}`],
    ['timeout: 1.5', 'timeout: 1.5 is not a duration; expected a number with a unit such as "30s", "5m", "1h30m"'],
    [
      'timeout: "5000000000"',
      'timeout: "5000000000" is not a duration; expected a number with a unit such as "30s", "5m", "1h30m"',
    ],
  ])('is refused where it is none: %s', (key, fault) => {
    expect(faultsOf(`${HEAD}${START}    ${key}\n`)).toEqual([expect.stringContaining(`plugins[0].${fault}`)])
  })

  it('that is none is compared with none, under whichever name it is written', () => {
    const faults = faultsOf(`${HEAD}${START}    grpcTimeout: 10s\n    invoke_interval: soon\n`)
    expect(faults).toEqual([expect.stringContaining('plugins[0].interval: "soon" is not a duration')])
  })
})

describe('how a plug-in is asked again', () => {
  it('is by default as node-problem-detector asks', () => {
    expect(entryOf('')).toMatchObject({
      skipInitialStatus: false,
      retryPolicy: { maxAttempts: 5, backoffMultiplier: 2, initialBackoffMs: 1000, maxBackoffMs: 300_000 },
      healthCheck: { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 3 },
    })
  })

  it('is said in the words of the other form too, which are noted and stand nowhere in force', () => {
    const keys = `    reconnectInterval: 1m
    maxReconnectAttempts: 10
    healthCheckInterval: 20s
    bufferSize: 10
    rules: [{ type: permanent, pattern: x }]
    skip_initial_status: true
    healthCheck: { errorThreshold: 4 }
    conditions: [{ type: FanBroken, reason: FanIsFine, message: it turns }]
`
    const entry = entryOf(keys)
    expect(entry).toMatchObject({
      skipInitialStatus: true,
      retryPolicy: { maxAttempts: 10, backoffMultiplier: 1, initialBackoffMs: 60_000, maxBackoffMs: 60_000 },
      healthCheck: { intervalMs: 20_000, timeoutMs: 5000, errorThreshold: 4 },
      conditions: [{ type: 'FanBroken', reason: 'FanIsFine', message: 'it turns' }],
    })
    for (const key of ['reconnectIntervalMs', 'maxReconnectAttempts', 'healthCheckIntervalMs', 'bufferSize', 'rules'])
      expect(entry).not.toHaveProperty(key)
    expect(notesOf(keys)).toEqual([
      'plugins.fan.skip_initial_status: "skip_initial_status" is read as "skipInitialStatus"',
      'plugins.fan.reconnectInterval: "reconnectInterval" is read as retryPolicy.initialBackoff, retryPolicy.maxBackoff, retryPolicy.backoffMultiplier',
      'plugins.fan.maxReconnectAttempts: "maxReconnectAttempts" is read as retryPolicy.maxAttempts',
      'plugins.fan.healthCheckInterval: "healthCheckInterval" is read as healthCheck.interval',
      'plugins.fan.bufferSize: has no effect for external monitors',
      'plugins.fan.rules: has no effect for external monitors',
    ])
  })

  it.each([
    [
      'reconnectInterval: 1m\n    retryPolicy: { maxBackoff: 1m }',
      `config.yaml:${LINE}:5: plugins[0].reconnectInterval: says the same as "retryPolicy.maxBackoff", which is written too; expected one of them`,
    ],
    [
      'healthCheck: { interval: 1m }\n    healthCheckInterval: 1m',
      `config.yaml:${LINE + 1}:5: plugins[0].healthCheckInterval: says the same as "healthCheck.interval", which is written too; expected one of them`,
    ],
    [
      'retryPolicy: { initialBackoff: 10m }',
      `config.yaml:${LINE}:20: plugins[0].retryPolicy.initialBackoff: "10m" is longer than maxBackoff, which is "5m" by default; expected at most that`,
    ],
    [
      'retryPolicy: { initialBackoff: 10m, maxBackoff: 90s }',
      `config.yaml:${LINE}:20: plugins[0].retryPolicy.initialBackoff: "10m" is longer than maxBackoff ("1m30s"); expected at most that`,
    ],
    [
      'retryPolicy: { maxBackoff: 500ms }',
      `config.yaml:${LINE}:20: plugins[0].retryPolicy.maxBackoff: "500ms" is shorter than initialBackoff, which is "1s" by default; expected at least that`,
    ],
    [
      'retryPolicy: { maxAttempts: 0 }',
      `config.yaml:${LINE}:20: plugins[0].retryPolicy.maxAttempts: 0 is out of range; expected a whole number from 1 to 1000000`,
    ],
    [
      'retryPolicy: { backoffMultiplier: 0.5 }',
      `config.yaml:${LINE}:20: plugins[0].retryPolicy.backoffMultiplier: 0.5 is out of range; expected a number from 1 to 1000`,
    ],
    [
      'healthCheck: { errorTreshold: 3 }',
      `config.yaml:${LINE}:20: plugins[0].healthCheck.errorTreshold: unknown key; did you mean "errorThreshold"?`,
    ],
    [
      'reconnectInterval: 30',
      `config.yaml:${LINE}:5: plugins[0].reconnectInterval: 30 nanoseconds are less than a millisecond; expected a duration from "100ms" to "1d", or nanoseconds as a whole number, as 30000000000`,
    ],
  ])('is no contradiction: %s', (keys, fault) => {
    expect(faultsOf(`${HEAD}${START}    ${keys}\n`)).toEqual([fault])
  })
})
