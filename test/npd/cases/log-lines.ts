/** Lines of a log, and the file that reads them. */

/** What every filelog case has: lines like "2026-01-02T03:04:05Z kernel: text". */
export const PLUGIN = {
  plugin: 'filelog',
  pluginConfig: {
    timestamp: '^.{20}',
    message: 'kernel: (.*)$',
    timestampFormat: '2006-01-02T15:04:05Z07:00',
  },
  logPath: '{folder}/kern.log',
  lookback: '24h',
  bufferSize: 10,
  source: 'kernel-monitor',
} as const

/** A condition that a permanent rule sets. */
export const DEADLOCK = {
  type: 'KernelDeadlock',
  reason: 'KernelHasNoDeadlock',
  message: 'kernel has no deadlock',
} as const

/** Now, as the lines have it. @param secondsAgo before now */
export function at(secondsAgo = 0): string {
  return `${new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19)}Z`
}

/** A line of just now. */
export function line(text: string, secondsAgo = 0): string {
  return `${at(secondsAgo)} kernel: ${text}`
}

/** A rule that only makes events. */
export function temporary(reason: string, pattern: string, more: Readonly<Record<string, unknown>> = {}) {
  return { type: 'temporary', reason, pattern, ...more }
}

/** A rule that sets a condition. */
export function permanent(condition: string, reason: string, pattern: string) {
  return { type: 'permanent', condition, reason, pattern }
}
