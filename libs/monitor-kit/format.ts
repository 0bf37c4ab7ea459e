/** Numbers for people, with units. */
import { renderDuration } from '#model'

/** One decimal where it says something. */
function short(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

/** "96.2 %" from 0.962; whole numbers in the middle, where a tenth says nothing. */
export function formatPercent(ratio: number): string {
  if (!Number.isFinite(ratio)) return '– %'
  const percent = ratio * 100
  return `${percent < 10 || percent > 90 ? short(percent) : Math.round(percent)} %`
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** "7.6 GiB", "200 GiB", "512 B". */
export function formatBytes(bytes: number): string {
  let value = Number.isFinite(bytes) ? Math.max(0, bytes) : 0
  let unit = 0
  // What would be shown as 1024 of a unit is 1 of the next.
  while (Math.round(value) >= 1024 && unit < SIZES.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : short(value)} ${SIZES[unit]}`
}

/** "350 ms", "20 s", "4 min", "2 h 27 min", "3 d 4 h". */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.max(0, Math.round(ms))} ms`
  return renderDuration(Math.round(ms / 1000) * 1000)
}
