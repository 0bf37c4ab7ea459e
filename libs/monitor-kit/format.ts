/** Numbers for people, with units. */

/** "96.2 %" from 0.962. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100
  return `${percent < 10 || percent > 90 ? percent.toFixed(1).replace(/\.0$/, '') : Math.round(percent)} %`
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** "7.6 GiB" */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${SIZES[unit]}`
}

/** "4 min", "2 h 27 min", "350 ms" */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
}
