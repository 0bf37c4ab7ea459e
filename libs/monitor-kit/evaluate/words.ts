/** Numbers as people read them. */

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** At most `digits` places, without zeros at the end: 95, 7.6. */
export function short(value: number, digits = 1): string {
  return String(Number(value.toFixed(digits)))
}

/** "7.6 GiB", "200 GiB", "0 bytes". */
export function bytes(value: number): string {
  let scaled = Math.max(0, value)
  let unit = 0
  while (scaled >= 1023.95 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1024
    unit++
  }
  return `${short(scaled, unit === 0 ? 0 : 1)} ${BYTE_UNITS[unit]}`
}

/** Of a ratio: "96.2 %", "41.0 %". Never rounds up to full. */
export function percent(ratio: number, digits = 1): string {
  const scale = 10 ** digits
  const value = ratio < 1 ? Math.min(Math.round(ratio * 100 * scale), 100 * scale - 1) / scale : ratio * 100
  return `${value.toFixed(digits)} %`
}

/** A ratio as a number of percent with one place, as evidence: 96.2. */
export function percentValue(ratio: number): number {
  return Math.round(ratio * 1000) / 10
}

/** "12 s", "4 min", "3 h", "2 days". */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  // What took time did not take none.
  if (seconds < 0.000_095) return `${short(seconds * 1000, 2)} ms`
  if (seconds < 0.9995) return `${short(seconds * 1000, seconds < 0.00995 ? 1 : 0)} ms`
  if (seconds < 99.5) return `${short(seconds, seconds < 9.95 ? 1 : 0)} s`
  if (seconds < 59.5 * 60) return `${short(seconds / 60, 0)} min`
  if (seconds < 47.5 * 3600) return `${short(seconds / 3600, 0)} h`
  return `${short(seconds / 86_400, 0)} days`
}

/** "1 process", "3 processes". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}
