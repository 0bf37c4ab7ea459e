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
      `config.yaml:${LINE}:5: plugins[0].reconnectInterval: 30 is not a duration; expected a number with a unit such as "30s", "5m", "1h30m"`,
    ],
  ])('is no contradiction: %s', (keys, fault) => {
    expect(faultsOf(`${HEAD}${START}    ${keys}\n`)).toEqual([fault])
  })
})
