/** For tests: what NPD's files are read as. */
import { decodeText } from '#pattern'
import { renderProblem } from '../errors.ts'
import { externalFile, logFile, pluginFile, statsFile } from './files.ts'
import { JsonError, parseJson } from './json.ts'
import type { NpdRead } from './kinds.ts'
import { type NpdSection, parseNpdFile } from './read.ts'
import { createReading } from './reading.ts'
import { itemsOf, type Shape } from './shapes.ts'

const SHAPES = { log: logFile, plugin: pluginFile, stats: statsFile, external: externalFile } as const

export type Kind = keyof typeof SHAPES

function isSlice(value: object): value is { memory: unknown[]; length: number } {
  return 'memory' in value && 'length' in value
}

/** As `table.json` has it: nothing is null, whether Go calls it so or it is empty. */
export function plain(value: unknown): unknown {
  if (value instanceof Map)
    return value.size === 0 ? null : Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]))
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(plain)
  if (typeof value !== 'object' || value === null) return value ?? null
  if (isSlice(value) && Array.isArray(value.memory)) return plain(itemsOf(value))
  const entries = Object.entries(value).map(([key, item]) => [key, key === 'transition' ? '' : plain(item)] as const)
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

export interface Taken {
  /** Undefined where the text is not taken. */
  readonly value: unknown
  readonly faults: readonly string[]
}

/** Reads a text as a file of that kind. */
export function take(bytes: Buffer, kind: Kind): Taken {
  const text = decodeText(bytes)
  const reading = createReading('file.json', text)
  const shape: Shape<object> = SHAPES[kind]
  try {
    const value = shape.decode(parseJson(text), shape.zero(), '', reading)
    const faults = reading.faults.map(({ path, text: what }) => `${path}: ${what}`)
    return { value: faults.length > 0 ? undefined : value, faults }
  } catch (err) {
    if (!(err instanceof JsonError)) throw err
    return { value: undefined, faults: [err.message] }
  }
}

/** A section of the document that names nothing. */
export const NOTHING: NpdSection = {
  systemLogMonitors: [],
  customPluginMonitors: [],
  systemStatsMonitors: [],
  externalMonitors: [],
  recover: {},
  compat: [],
  strict: false,
}

/** What a text is read as, as file /npd/file.json; what it names on the machine is not looked for. */
export function readText(text: string, kind?: Kind, section: NpdSection = NOTHING): NpdRead {
  return parseNpdFile(text, { path: '/npd/file.json', kind, named: 'npd.dir' }, section).file
}

/** Faults, or warnings, one line each: place, key, what is wrong. */
export function linesOf(problems: NpdRead['faults']): readonly string[] {
  return problems.map((problem) => renderProblem(problem).replace('/npd/file.json:', ''))
}

/** Files of each kind, to be written wrong. */
export const FILE_TEXTS: readonly string[] = [
  '{"plugin":"kmsg","lookback":"5m","bufferSize":3,"source":"k","conditions":[{"type":"A","reason":"B","message":"C"}],"rules":[{"type":"permanent","condition":"A","reason":"R","pattern":"a.*b"},{"type":"temporary","reason":"T","pattern":"x|y"}]}',
  '{"plugin":"filelog","logPath":"/l","pluginConfig":{"timestamp":"^.{15}","message":"kernel: (.*)","timestampFormat":"Jan _2 15:04:05"},"skipList":["x"],"rules":[{"type":"temporary","reason":"T","pattern":"(?i)Err.*"}]}',
  '{"plugin":"custom","pluginConfig":{"timeout":"3s","invoke_interval":"1m","concurrency":2,"max_output_length":80},"conditions":[{"type":"A","reason":"B","message":"C"}],"rules":[{"type":"permanent","condition":"A","reason":"R","path":"/x","args":["a"],"timeout":"1s"}]}',
  '{"invokeInterval":"60s","disk":{"metricsConfigs":{"disk/io_time":{"displayName":"d"}},"lsblkTimeout":"5s"},"net":{"excludeInterfaceRegexp":"^veth"}}',
  '{"plugin":"external","source":"gpu","invokeInterval":"30s","bufferSize":10,"pluginConfig":{"socketPath":"/run/g.sock","timeout":5000000000,"retryPolicy":{"maxAttempts":5,"backoffMultiplier":1.5,"initialBackoff":"1s"},"healthCheckInterval":"30s","pluginParameters":{"a":"1"}},"conditions":[{"type":"A","reason":"B","message":"C"}],"rules":[]}',
]

/** What may be put into them. */
export const FILE_PIECES: readonly string[] = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'null',
  'true',
  '-1',
  '1e9',
  '"__proto__"',
  '"constructor"',
  '""',
  '"rules":',
  '"("',
  '"5x"',
  '\ufeff',
  '\u0000',
  '\ud800',
  '//',
  '"PLUGIN":"custom",',
  '"type":"temporray",',
  '9223372036854775807',
  '"a{1000}"',
  '"external"',
  '"maxBackoff":1,',
  '"timeout":"30s",',
  '"\\ud800"',
]
