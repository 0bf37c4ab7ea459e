/** Values of many series at one moment as one small blob, so that a write touches one page and not one per series. */

/** A value beside the number of its series. */
export type NumberedValue = readonly [series: number, value: number]

const BYTES_PER_VALUE = 6

/** 16 bits of number and 32 of value each: seven significant figures, which a graph cannot show. */
export function packValues(values: readonly NumberedValue[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * BYTES_PER_VALUE))
  values.forEach(([series, value], index) => {
    view.setUint16(index * BYTES_PER_VALUE, series)
    view.setFloat32(index * BYTES_PER_VALUE + 2, value)
  })
  return new Uint8Array(view.buffer)
}

/** Each value that {@link packValues} packed, without making anything of it. A torn rest is ignored. */
export function eachValue(data: Uint8Array, take: (series: number, value: number) => void): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  for (let at = 0; at + BYTES_PER_VALUE <= view.byteLength; at += BYTES_PER_VALUE) {
    take(view.getUint16(at), view.getFloat32(at + 2))
  }
}

/** What {@link packValues} packed, as a list. */
export function unpackValues(data: Uint8Array): NumberedValue[] {
  const values: NumberedValue[] = []
  eachValue(data, (series, value) => values.push([series, value]))
  return values
}

/** The mean of each series over some moments. */
export function meanValues(moments: readonly (readonly NumberedValue[])[]): NumberedValue[] {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const [series, value] of moments.flat()) {
    const known = sums.get(series)
    if (known === undefined) sums.set(series, { sum: value, count: 1 })
    else {
      known.sum += value
      known.count++
    }
  }
  return [...sums].map(([series, { sum, count }]) => [series, sum / count])
}

/** How fine samples are kept for how long: 15 s for 75 min, 1 min for a day and a bit, 10 min for the retention. */
export const TIERS = [
  { stepMs: 15_000, keptMs: 75 * 60_000 },
  { stepMs: 60_000, keptMs: 25 * 3_600_000 },
  { stepMs: 600_000, keptMs: Number.POSITIVE_INFINITY },
] as const

export function slotOf(time: number, stepMs: number): number {
  return Math.floor(time / stepMs) * stepMs
}
