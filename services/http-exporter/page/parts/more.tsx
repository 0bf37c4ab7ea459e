import { counted } from '../words/sentences.ts'

interface MoreProps {
  /** How many are not shown. */
  readonly hidden: number
  readonly what: string
  readonly onShow: () => void
}

/** The rest of a list that is cut short. */
export function More({ hidden, what, onShow }: MoreProps) {
  if (hidden <= 0) return null
  return (
    <p class="more">
      <button type="button" onClick={onShow}>
        Show {counted(hidden, `more ${what}`)}
      </button>
    </p>
  )
}
