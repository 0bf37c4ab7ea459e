/** A point in time as an age that goes on counting. */
import { Component } from 'preact'
import { PageContext } from '../state/hooks.ts'
import type { Page } from '../state/page.ts'
import { type AgeForm, ageOf, clockOf } from '../words/times.ts'

interface AgeProps {
  /** RFC 3339. */
  readonly at: string
  readonly form: AgeForm
  readonly class?: string
}

/**
 * Writes its text itself: a thousand ages that change each second are a thousand texts and not a thousand drawings.
 * The absolute time is in its title.
 */
export class Age extends Component<AgeProps> {
  static override contextType = PageContext
  #element: HTMLTimeElement | null = null
  #stop: (() => void) | undefined

  override shouldComponentUpdate(next: AgeProps): boolean {
    return next.at !== this.props.at || next.form !== this.props.form || next.class !== this.props.class
  }

  override componentDidMount(): void {
    const page = this.#page()
    this.#write(page.clock.now())
    this.#stop = page.ticker.each((nowMs) => this.#write(nowMs))
  }

  override componentDidUpdate(): void {
    this.#write(this.#page().clock.now())
  }

  override componentWillUnmount(): void {
    this.#stop?.()
  }

  #page(): Page {
    return this.context as Page
  }

  #write(nowMs: number): void {
    const element = this.#element
    const text = ageOf(this.props.at, nowMs, this.props.form)
    if (element !== null && element.textContent !== text) element.textContent = text
  }

  render({ at, class: name }: AgeProps) {
    return (
      <time
        class={name}
        dateTime={at}
        title={at}
        ref={(element) => {
          this.#element = element
        }}
      />
    )
  }
}

/** In a table: the age, or the time of day where the row is looked at or nothing is live any more. */
export function When({ at, form, now }: { readonly at: string; readonly form: AgeForm; readonly now: number }) {
  return (
    <>
      <time class="abs" dateTime={at}>
        {clockOf(at, now)}
      </time>
      <Age class="rel" at={at} form={form} />
    </>
  )
}
