/** Values with their units, as the page writes them. */
import { renderQuantity } from '#view'

/** Beyond these a number is written with a power of ten: nobody reads three hundred digits. */
const LARGE = 1e15
const SMALL = 1e-6

export function quantityOf(value: number, unit: string): string {
  const size = Math.abs(value)
  if (size === 0 || !Number.isFinite(value) || (size < LARGE && size >= SMALL)) return renderQuantity(value, unit)
  const figure = value.toExponential(2)
  return unit === '' ? figure : `${figure} ${unit}`
}
