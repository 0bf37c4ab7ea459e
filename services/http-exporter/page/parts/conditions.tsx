/** Every condition, grouped by monitor. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ConditionView } from '#view'
import { conditionElementId, nameId } from '../state/address.ts'
import { resting, useCell, useDerived, usePage } from '../state/hooks.ts'
import { filterConditions, type Group, groupConditions } from '../words/filter.ts'
import { groupWords } from '../words/labels.ts'
import { ConditionRow } from './condition-row.tsx'
import { useKeepingUp } from './keeping-up.ts'
import { createNearness, type Nearness } from './nearness.ts'
import { FIRST, useFilling } from './use-filling.ts'

interface GroupProps {
  readonly group: Group
  /** How many of its rows are drawn by now, and how many stand above them. */
  readonly drawn: number
  readonly above: number
  readonly target: string
  readonly nearness: Nearness
}

const GroupRows = resting(function GroupRows({ group, drawn, above, target, nearness }: GroupProps) {
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
      {conditions.slice(0, drawn).map((condition, index) => (
        <ConditionRow
          key={condition.id}
          condition={condition}
          here={conditionElementId(condition) === target}
          early={above + index < FIRST}
          nearness={nearness}
        />
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

/** The groups of which something is drawn by now. */
function partsOf(
  groups: readonly Group[],
  drawn: number,
): { readonly group: Group; readonly above: number; readonly drawn: number }[] {
  const parts = []
  let above = 0
  for (const group of groups) {
    if (above >= drawn) break
    parts.push({ group, above, drawn: Math.min(group.conditions.length, drawn - above) })
    above += group.conditions.length
  }
  return parts
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
  const nearness = useMemo(createNearness, [])
  const isNear = (condition: ConditionView): boolean => nearness.has(conditionElementId(condition))
  const found = filterConditions(useKeepingUp(conditions, isNear), words)
  const drawn = useFilling(found.length, words)
  groups.current = groupConditions(found, groups.current)
  const missing =
    target.startsWith('/condition/') && !conditions.some((condition) => conditionElementId(condition) === target)
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
        <table class="conds" aria-busy={drawn < found.length ? 'true' : undefined}>
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
          {partsOf(groups.current, drawn).map(({ group, above, drawn }) => (
            <GroupRows
              key={group.monitor}
              group={group}
              drawn={drawn}
              above={above}
              target={group.conditions.some((condition) => conditionElementId(condition) === target) ? target : ''}
              nearness={nearness}
            />
          ))}
        </table>
      )}
      {drawn === found.length ? null : <div class="coming" style={{ '--rows': String(found.length - drawn) }} />}
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
