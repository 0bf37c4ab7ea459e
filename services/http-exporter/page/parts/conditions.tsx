/** Every condition, grouped by monitor. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ConditionView } from '#model'
import { elementId, nameId } from '../state/address.ts'
import { resting, useCell, useDerived, usePage } from '../state/hooks.ts'
import { filterConditions, type Group, groupConditions } from '../words/filter.ts'
import { groupWords, HELD_WORDS } from '../words/labels.ts'
import { When } from './age.tsx'
import { bringIntoView } from './bring-into-view.ts'
import { State } from './glyph.tsx'
import { Code } from './texts.tsx'

function Note({ condition }: { readonly condition: ConditionView }) {
  // When nothing is known at all, that is why, and the page says so once.
  const held = condition.level === 'stale' ? '' : HELD_WORDS[condition.held]
  const others = condition.sources.filter((source) => source !== condition.monitor)
  const words = [held, others.length > 0 ? `Also seen by ${others.join(', ')}.` : ''].filter((text) => text !== '')
  return words.length === 0 ? null : (
    <span class="small held">
      <bdi>{words.join(' ')}</bdi>
    </span>
  )
}

const Row = resting(function Row({ condition, here }: { readonly condition: ConditionView; readonly here: boolean }) {
  const page = usePage()
  const now = page.clock.now()
  const id = elementId('condition', condition.id)
  const row = useRef<HTMLTableRowElement>(null)
  const level = useRef(condition.level)
  useLayoutEffect(() => {
    return here && row.current !== null ? bringIntoView(row.current) : undefined
  }, [here])
  useLayoutEffect(() => {
    if (level.current === condition.level) return
    level.current = condition.level
    // Once for each change: the animation begins anew when the attribute does.
    row.current?.removeAttribute('data-moved')
    void row.current?.offsetWidth
    row.current?.setAttribute('data-moved', '')
  }, [condition.level])
  return (
    <tr class="row" id={id} ref={row} aria-current={here ? 'true' : undefined}>
      <td>
        <State level={condition.level} />
      </td>
      <td>
        <a href={`#${id}`} title={condition.label}>
          <Code text={condition.type} />
        </a>
      </td>
      <td class="quiet">{condition.entity === '' ? 'node' : <Code text={condition.entity} />}</td>
      <td>
        <bdi>{condition.message}</bdi> <Note condition={condition} />
      </td>
      <td class="small">
        <Code text={condition.reason} />
      </td>
      <td class="num">
        <When at={condition.since} form="lasting" now={now} />
      </td>
      <td class="num quiet">
        <When at={condition.proven} form="ago" now={now} />
      </td>
    </tr>
  )
})

const GroupRows = resting(function GroupRows({ group, target }: { readonly group: Group; readonly target: string }) {
  const { monitor, conditions } = group
  return (
    <tbody>
      <tr class="group">
        <th scope="rowgroup" colSpan={7}>
          <span class="side">
            <a href={`#${nameId('monitor', monitor)}`} title={monitor}>
              <bdi>{monitor}</bdi>
            </a>
            <span class="small">{groupWords(conditions)}</span>
          </span>
        </th>
      </tr>
      {conditions.map((condition) => (
        <Row key={condition.id} condition={condition} here={elementId('condition', condition.id) === target} />
      ))}
    </tbody>
  )
})

interface FindProps {
  readonly words: string
  readonly onWords: (words: string) => void
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type=radio]):not([type=range]),textarea,select,[contenteditable]')
  )
}

function Find({ words, onWords }: FindProps) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    function key(event: KeyboardEvent): void {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      event.preventDefault()
      input.current?.focus()
    }
    addEventListener('keydown', key)
    return () => removeEventListener('keydown', key)
  }, [])
  return (
    <label class="find">
      <span class="vh">Filter conditions</span>
      <input
        ref={input}
        type="search"
        placeholder="Filter by state, entity, reason or words"
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        value={words}
        onInput={({ currentTarget }) => onWords(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          onWords('')
          event.currentTarget.blur()
        }}
      />
      <kbd>/</kbd>
    </label>
  )
}

interface ConditionsProps {
  readonly conditions: readonly ConditionView[]
  /** "at 03:14:20" when that is not now. */
  readonly at: string
}

export const Conditions = resting(function Conditions({ conditions, at }: ConditionsProps) {
  const page = usePage()
  const target = useCell(page.target)
  const [words, setWords] = useState('')
  const groups = useRef<Group[]>([])
  const found = filterConditions(conditions, words)
  groups.current = groupConditions(found, groups.current)
  const exists = conditions.some(({ id }) => elementId('condition', id) === target)
  const missing = target.startsWith('/condition/') && !exists
  // Following a link to a condition that the filter hides shows it.
  const followed = useDerived(page.target, (value) => value)
  useLayoutEffect(() => setWords(''), [followed])
  const count =
    words.trim() === ''
      ? conditions.length.toLocaleString('en-US')
      : `${found.length.toLocaleString('en-US')} of ${conditions.length.toLocaleString('en-US')}`
  return (
    <section aria-labelledby="h-conds">
      {conditions.length === 0 ? (
        <div class="head grid3">
          <h2 id="h-conds">All conditions{at === '' ? '' : ` ${at}`}</h2>
          <p class="quiet">None is known yet. Each monitor names its conditions with its first report.</p>
        </div>
      ) : (
        <>
          <div class="head grid3">
            <h2 id="h-conds">All conditions{at === '' ? '' : ` ${at}`}</h2>
            <Find words={words} onWords={setWords} />
            <span class="quiet" role="status">
              {count}
            </span>
          </div>
          <a class="skip" href="#h-mons">
            Skip the conditions
          </a>
        </>
      )}
      {missing ? (
        <p class="empty">
          This address points to a condition that is not known:{' '}
          <bdi>{decodeURIComponentSafely(target.slice('/condition/'.length))}</bdi>.
        </p>
      ) : null}
      {found.length === 0 ? null : (
        <table class="conds">
          <thead>
            <tr class="row">
              <th scope="col">State</th>
              <th scope="col">Condition</th>
              <th scope="col">Entity</th>
              <th scope="col">Message</th>
              <th scope="col">Reason</th>
              <th scope="col" class="num">
                Since
              </th>
              <th scope="col" class="num">
                Proven
              </th>
            </tr>
          </thead>
          {groups.current.map((group) => (
            <GroupRows
              key={group.monitor}
              group={group}
              target={group.conditions.some(({ id }) => elementId('condition', id) === target) ? target : ''}
            />
          ))}
        </table>
      )}
      {found.length > 0 || conditions.length === 0 ? null : (
        <p class="empty quiet">No condition has these words. Escape clears the filter.</p>
      )}
    </section>
  )
})

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
