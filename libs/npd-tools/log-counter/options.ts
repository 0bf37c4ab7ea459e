/** Flags of `log-counter`. */
import { intFlag, KLOG_FLAGS, parseDuration, quote, stringFlag } from '#golang'

export const FLAGS = {
  'journald-source': stringFlag('', 'The source configuration of journald, e.g., kernel, kubelet, dockerd, etc'),
  'log-path': stringFlag('', 'The log path that log watcher looks up'),
  lookback: stringFlag('', 'The time log watcher looks up'),
  delay: stringFlag(
    '',
    'The time duration log watcher delays after node boot time. This is useful when log watcher needs to wait for some time until the node is stable.',
  ),
  pattern: stringFlag(
    '',
    'The regular expression to match the problem in log. The pattern must match to the end of the line.',
  ),
  'revert-pattern': stringFlag(
    '',
    'Similar to --pattern but conversely it decreases count value for every match. This is useful to discount a log when another log occurs.',
  ),
  count: intFlag(1, 'The number of times the pattern must be found to trigger the condition'),
  ...KLOG_FLAGS,
} as const

const NANOSECONDS_OF_MS = 1e6

function millisecondsOf(text: string, what: 'delay' | 'lookback'): number {
  if (text === '') return 0
  try {
    return Number(parseDuration(text)) / NANOSECONDS_OF_MS
  } catch (err) {
    throw new Error(`failed to parse ${what} duration ${quote(text)}: ${(err as Error).message}`, { cause: err })
  }
}

/**
 * From when on lines count, in milliseconds since 1970: `lookback` before now, but not before `delay` after the start of the machine.
 * @throws Error in node-problem-detector's words
 */
export function startMs(nowMs: number, uptimeSeconds: number, lookback: string, delay: string): number {
  const readyMs = nowMs - uptimeSeconds * 1000 + millisecondsOf(delay, 'delay')
  return Math.max(readyMs, nowMs - millisecondsOf(lookback, 'lookback'))
}
