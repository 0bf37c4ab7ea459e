import { heightOf, type Scale } from '../draw/scale.ts'

const LEVELS = ['warning', 'critical'] as const

interface OverLimitsProps {
  readonly line: string
  readonly viewBox: string
  readonly scale: Scale
  /** The milder first; a single one is drawn as critical. */
  readonly limits: readonly number[]
  readonly lowIsBad: boolean
}

/** The parts of a line beyond its limits, in their colours: the same line again, seen through a window. */
export function OverLimits({ line, viewBox, scale, limits, lowIsBad }: OverLimitsProps) {
  const levels = limits.length === 1 ? LEVELS.slice(1) : LEVELS
  const [, , width = '0'] = viewBox.split(' ')
  return (
    <>
      {limits.map((limit, index) => {
        const edge = heightOf(limit, scale)
        const [x] = viewBox.split(' ')
        const [top, height] = lowIsBad ? [edge, 100 - edge] : [0, edge]
        if (height <= 0) return null
        return (
          <svg
            key={limit}
            class={`beyond ${levels[index]}`}
            aria-hidden="true"
            y={`${top}%`}
            height={`${height}%`}
            width="100%"
            viewBox={`${x} ${top} ${width} ${height}`}
            preserveAspectRatio="none"
          >
            <path class="ln over" d={line} />
          </svg>
        )
      })}
    </>
  )
}
