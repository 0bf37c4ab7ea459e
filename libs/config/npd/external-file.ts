/** A file of NPD's external monitors as an entry of `plugins`, whose keys it has; what it says in two ways it says once there. */
import { basename } from 'node:path'
import { renderDuration } from '../duration.ts'
import { shown } from './durations.ts'
import type { Condition, ExternalFile } from './files.ts'
import type { NpdConfig } from './kinds.ts'
import type { Reading } from './reading.ts'
import { itemsOf } from './shapes.ts'
import type { Span } from './span.ts'

/** Of `plugins`, where nobody writes them. */
const INTERVAL_MS = 30_000
const TIMEOUT_MS = 10_000
/** Of `plugins`: no answer may be given less. */
const TIMEOUT_MIN_MS = 1_000
const MAX_BACKOFF_MS = 300_000
/** Of `plugins`: nothing is asked again sooner. */
const WAIT_MIN_MS = 100
/** What the API server takes of a condition's reason and message, in the units that JavaScript counts texts by. */
const LONGEST = { reason: 128, message: 1024 } as const
/** A Unix socket's path holds so many (sockaddr_un of Linux, without the byte that ends it). */
const SOCKET_BYTES_MAX = 107

/** Keys of an entry of `plugins` that stand elsewhere in a file, whatever it says. */
const WRITTEN_AS: readonly (readonly [RegExp, string])[] = [
  [/^name\b/, 'source'],
  [/^parameters\b/, 'pluginConfig.pluginParameters'],
  [/^skipInitialStatus\b/, 'pluginConfig.skip_initial_status'],
  [/^(?!conditions\b)(?=.)/, 'pluginConfig.'],
]

/** What a file says as an entry of `plugins`. */
export interface ExternalConfig {
  readonly config: NpdConfig
  /** Under which key of the file a key of the entry is written. */
  writtenAs(key: string): string
}

/** A key of the file with what it says; undefined where it is not written. */
type Said<T> = readonly [key: string, value: T | undefined]

/** The first that is written counts, under whichever name; the others are told to have no effect. */
function firstOf<T>(reading: Reading, [own, ...others]: readonly [Said<T>, ...Said<T>[]]): Said<T> {
  const written = [own, ...others].filter(([, value]) => value !== undefined)
  const [first, ...idle] = written
  if (first === undefined) return own
  if (first !== own) reading.warn(first[0], `is read as "${own[0]}"`)
  for (const [key] of idle) reading.warn(key, `has no effect beside "${first[0]}"`)
  return first
}

/** What a key of the other form says of several keys of `retryPolicy` or `healthCheck`, where none of those is written. */
function unlessWritten<T>(reading: Reading, [key, value]: Said<T>, own: readonly Said<unknown>[]): T | undefined {
  const beside = own.find(([, other]) => other !== undefined)
  if (value === undefined) return undefined
  if (beside === undefined) reading.warn(key, `is read as ${own.map(([name]) => `"${name}"`).join(', ')}`)
  else reading.warn(key, `has no effect beside "${beside[0]}"`)
  return beside === undefined ? value : undefined
}

function checkPlugin({ plugin }: ExternalFile, reading: Reading): void {
  if (plugin === 'external') return
  const what = plugin === '' ? 'missing' : `there is no plugin ${shown(plugin)} of this kind`
  reading.fault('plugin', `${what}; expected "external"`)
}

const SOCKET = 'the absolute path of the monitor\'s Unix socket, such as "/var/run/npd/gpu-monitor.sock"'

function socketOf({ pluginConfig }: ExternalFile, reading: Reading): { readonly key: string; readonly path: string } {
  const filled = (text: string | undefined) => (text === '' ? undefined : text)
  const [key, address] = firstOf(reading, [
    ['pluginConfig.socketAddress', filled(pluginConfig.socketAddress)],
    ['pluginConfig.socketPath', filled(pluginConfig.socketPath)],
  ])
  const path = address?.replace(/^unix:(\/\/)?/, '')
  if (path === undefined) reading.fault(key, `missing; expected ${SOCKET}`)
  else if (!path.startsWith('/')) reading.fault(key, `${shown(path)} is no absolute path; expected ${SOCKET}`)
  else if (Buffer.byteLength(path) > SOCKET_BYTES_MAX)
    reading.fault(key, `${shown(path)} is too long for a Unix socket; expected at most ${SOCKET_BYTES_MAX} bytes`)
  return { key, path: path ?? '' }
}

const INTERVAL_KEY = 'pluginConfig.invoke_interval'
const TIMEOUT_KEY = 'pluginConfig.timeout'

/**
 * How long an answer may take: one that may take longer than the next question is late by itself. NPD refuses such a file by what it
 * reads; where that is well, and the other form's keys or our defaults beside them are not, it is waited for less long.
 */
function timeoutOf([timeoutKey, timeout]: Said<Span>, [intervalKey, interval]: Said<Span>, reading: Reading) {
  const [intervalMs, timeoutMs] = [interval?.ms ?? INTERVAL_MS, timeout?.ms ?? TIMEOUT_MS]
  if (timeoutMs < intervalMs) return timeout?.text
  const [every, within] = [renderDuration(intervalMs), renderDuration(timeoutMs)]
  const [key, text, expected] =
    timeout === undefined
      ? [
          intervalKey,
          `"${every}" is not longer than the timeout, which is ${within} by default`,
          'more than that, or a shorter timeout',
        ]
      : [timeoutKey, `"${within}" is not shorter than the interval (${every})`, 'less than that']
  const isRead =
    (timeoutKey === TIMEOUT_KEY ? timeoutMs : TIMEOUT_MS) < (intervalKey === INTERVAL_KEY ? intervalMs : INTERVAL_MS)
  const lessMs = Math.max(TIMEOUT_MIN_MS, intervalMs - TIMEOUT_MIN_MS)
  if (isRead && lessMs < intervalMs) {
    reading.warn(key, `${text}; an answer may take "${renderDuration(lessMs)}"; expected ${expected}`)
    return renderDuration(lessMs)
  }
  reading.fault(key, `${text}; expected ${expected}`)
  return timeout?.text
}

function timesOf({ pluginConfig, invokeInterval }: ExternalFile, reading: Reading) {
  const interval = firstOf<Span>(reading, [
    [INTERVAL_KEY, pluginConfig.invoke_interval],
    ['pluginConfig.invokeInterval', pluginConfig.invokeInterval],
    ['invokeInterval', invokeInterval],
  ])
  const timeout = firstOf<Span>(reading, [
    [TIMEOUT_KEY, pluginConfig.timeout],
    ['pluginConfig.grpcTimeout', pluginConfig.grpcTimeout],
  ])
  return {
    values: { interval: interval[1]?.text, timeout: timeoutOf(timeout, interval, reading) },
    keys: { interval: interval[0], timeout: timeout[0] },
  }
}

/** NPD takes any wait; a shorter one than ours is raised. None at all is a mistake. */
function raised(key: string, wait: Span | undefined, reading: Reading): Span | undefined {
  if (wait === undefined || wait.ms <= 0 || wait.ms >= WAIT_MIN_MS) return wait
  const [written, least] = [renderDuration(wait.ms), renderDuration(WAIT_MIN_MS)]
  const text = `"${written}" is too short and is waited for as "${least}"; expected a duration from "${least}" to "1d"`
  reading.warn(key, text)
  return { text: least, ms: WAIT_MIN_MS }
}

/** `retryPolicy` and `healthCheck`, and what the other form says of them. */
function triesOf({ pluginConfig }: ExternalFile, reading: Reading) {
  const { retryPolicy, healthCheck: health } = pluginConfig
  const at = (name: string) => `pluginConfig.${name}`
  const policy = {
    ...retryPolicy,
    initialBackoff: raised(at('retryPolicy.initialBackoff'), retryPolicy.initialBackoff, reading),
    maxBackoff: raised(at('retryPolicy.maxBackoff'), retryPolicy.maxBackoff, reading),
  }
  const reconnectInterval = raised(at('reconnectInterval'), pluginConfig.reconnectInterval, reading)
  const waits: readonly Said<unknown>[] = [
    [at('retryPolicy.initialBackoff'), policy.initialBackoff],
    [at('retryPolicy.maxBackoff'), policy.maxBackoff],
    [at('retryPolicy.backoffMultiplier'), policy.backoffMultiplier],
  ]
  return {
    retryPolicy: written({
      maxAttempts: policy.maxAttempts,
      backoffMultiplier: policy.backoffMultiplier,
      initialBackoff: firstWait(policy, reading),
      maxBackoff: policy.maxBackoff?.text,
    }),
    healthCheck: written({
      interval: health.interval?.text,
      timeout: health.timeout?.text,
      errorThreshold: health.errorThreshold,
    }),
    reconnectInterval: unlessWritten(reading, [at('reconnectInterval'), reconnectInterval], waits)?.text,
    maxReconnectAttempts: unlessWritten(
      reading,
      [at('maxReconnectAttempts'), pluginConfig.maxReconnectAttempts],
      [[at('retryPolicy.maxAttempts'), policy.maxAttempts]],
    ),
    healthCheckInterval: unlessWritten(
      reading,
      [at('healthCheckInterval'), pluginConfig.healthCheckInterval],
      [[at('healthCheck.interval'), health.interval]],
    )?.text,
  }
}

/** NPD waits no longer than `maxBackoff`, whatever the first wait is. */
function firstWait({ initialBackoff, maxBackoff }: ExternalFile['pluginConfig']['retryPolicy'], reading: Reading) {
  const longestMs = maxBackoff?.ms ?? MAX_BACKOFF_MS
  if (initialBackoff === undefined || initialBackoff.ms <= longestMs) {
    const isShorter = initialBackoff === undefined && longestMs < 1000
    return isShorter ? maxBackoff?.text : initialBackoff?.text
  }
  const [first, longest] = [renderDuration(initialBackoff.ms), renderDuration(longestMs)]
  const text = `"${first}" is longer than maxBackoff ("${longest}"), which every wait is then; expected at most that`
  reading.warn('pluginConfig.retryPolicy.initialBackoff', text)
  return longest
}

/** Conditions by their types, each once; NPD asks for every word of each. */
function conditionsOf(conditions: readonly Condition[], reading: Reading): readonly NpdConfig[] {
  const first = new Map<string, number>()
  function cutTo(name: keyof typeof LONGEST, text: string, key: string): string {
    const most = LONGEST[name]
    if (text.length <= most) return text
    reading.warn(`${key}.${name}`, `is longer than ${most} characters and is cut there`)
    // Half of a character is none.
    return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')
  }
  return conditions.flatMap(({ type, reason, message }, index) => {
    const key = `conditions[${index}]`
    const words = { type, reason, message }
    for (const [name, text] of Object.entries(words))
      if (text === '') reading.fault(`${key}.${name}`, `missing; expected ${WORDS[name as keyof typeof WORDS]}`)
    const before = first.get(type)
    if (before === undefined) first.set(type, index)
    else if (type !== '')
      reading.warn(`${key}.type`, `${shown(type)} stands at conditions[${before}] already, which counts`)
    const said = { type, reason: cutTo('reason', reason, key), message: cutTo('message', message, key) }
    return before === undefined ? [said] : []
  })
}

const WORDS = {
  type: 'a condition type, such as "GPUHealthy"',
  reason: 'what is said while all is well, such as "GPUIsHealthy"',
  message: 'what is said while all is well, such as "GPU is healthy"',
} as const

function noteIdle(file: ExternalFile, reading: Reading): void {
  const { pluginConfig: config } = file
  const idle: readonly (readonly [string, boolean])[] = [
    ['bufferSize', file.bufferSize],
    ['rules', file.rules],
    ['pluginConfig.bufferSize', config.bufferSize],
    ['pluginConfig.rules', config.rules],
  ]
  for (const [key, isWritten] of idle) if (isWritten) reading.warn(key, 'has no effect for external monitors')
}

/** Without what is not written, which the schema has defaults for. */
function written(values: NpdConfig): NpdConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/** The entry, named by the file's source, else by its socket; it counts only where the reading has no faults. */
export function externalConfig(file: ExternalFile, reading: Reading): ExternalConfig {
  checkPlugin(file, reading)
  const { key: socketKey, path: socketAddress } = socketOf(file, reading)
  const times = timesOf(file, reading)
  noteIdle(file, reading)
  const keys = new Map(Object.entries({ socketAddress: socketKey, ...times.keys }))
  const config = written({
    name: file.source || basename(socketAddress, '.sock'),
    socketAddress,
    ...times.values,
    skipInitialStatus: file.pluginConfig.skip_initial_status,
    ...triesOf(file, reading),
    parameters: Object.fromEntries(file.pluginConfig.pluginParameters),
    conditions: conditionsOf(itemsOf(file.conditions), reading),
  })
  return {
    config,
    writtenAs(key) {
      const [own, to] = WRITTEN_AS.find(([pattern]) => pattern.test(key)) ?? [/^/, '']
      return keys.get(key) ?? key.replace(own, to)
    },
  }
}
