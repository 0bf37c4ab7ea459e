/** One condition. */

import { useLayoutEffect, useRef } from 'preact/hooks'
import { type ConditionView, LEVEL_WORDS } from '#view'
import { conditionElementId } from '../state/address.ts'
import { resting, usePage } from '../state/hooks.ts'
import { heldWords } from '../words/labels.ts'
import { clockOf } from '../words/times.ts'
import { When } from './age.tsx'
import { bringIntoView } from './bring-into-view.ts'
import { State } from './glyph.tsx'
import { type Nearness, useNear } from './nearness.ts'
import { About, Code, Message } from './texts.tsx'

function noteWords(condition: ConditionView): string {
  // When nothing is known at all, that is why, and the page says so once.
  const held = condition.level === 'stale' ? '' : heldWords(condition)
  const others = condition.sources.filter((source) => source !== condition.monitor)
  return [held, others.length > 0 ? `Also seen by ${others.join(', ')}.` : ''].filter((text) => text !== '').join(' ')
}

function Note({ condition }: { readonly condition: ConditionView }) {
  const words = noteWords(condition)
  return words === '' ? null : (
    <span class="small held">
      <bdi>{words}</bdi>
    </span>
  )
}

interface RowProps {
  readonly condition: ConditionView
  /** The address points to it. */
  readonly here: boolean
  /** It stands so early in the table that it may be in view when the page is opened. */
  readonly early: boolean
  readonly nearness: Nearness
}

/**
 * Where nobody looks a row has the same cells, links and words, and nothing that is only for the eye: no shapes, no
 * places to break a code, and times of day instead of ages that count. A thousand of those cost little, and whoever
 * listens to the page or searches it finds every one.
 */
export const ConditionRow = resting(function ConditionRow({ condition, here, early, nearness }: RowProps) {
  const page = usePage()
  const now = page.clock.now()
  const id = conditionElementId(condition)
  const row = useRef<HTMLTableRowElement>(null)
  const level = useRef(condition.level)
  const near = useNear(nearness, row, early) || here
  useLayoutEffect(() => {
    return here && row.current !== null ? bringIntoView(row.current) : undefined
  }, [here])
  useLayoutEffect(() => {
    if (level.current === condition.level) return
    level.current = condition.level
    if (!near) return
    // Once for each change: the animation begins anew when the attribute does.
    row.current?.removeAttribute('data-moved')
    void row.current?.offsetWidth
    row.current?.setAttribute('data-moved', '')
  }, [condition.level])
  return (
    <tr class="row" id={id} ref={row} aria-current={here ? 'true' : undefined}>
      <td>{near ? <State level={condition.level} /> : LEVEL_WORDS[condition.level]}</td>
      <td>
        <a href={`#${id}`} title={condition.label}>
          {near ? <Code text={condition.type} /> : condition.type}
        </a>
      </td>
      <td class="quiet">
        <About thing={condition} near={near} />
      </td>
      <td>
        <Message text={condition.message} /> <Note condition={condition} />
      </td>
      <td class="small">{near ? <Code text={condition.reason} /> : condition.reason}</td>
      <td class="num">
        {near ? <When at={condition.since} form="lasting" now={now} /> : clockOf(condition.since, now)}
      </td>
      <td class="num quiet">
        {condition.proven === undefined ? (
          'never'
        ) : near ? (
          <When at={condition.proven} form="ago" now={now} />
        ) : (
          clockOf(condition.proven, now)
        )}
      </td>
    </tr>
  )
})
