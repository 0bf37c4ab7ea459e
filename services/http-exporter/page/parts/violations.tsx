/** What a monitor sent that it may not, in words: its author cannot mend what nobody shows him. */
import { useState } from 'preact/hooks'
import type { MonitorView } from '#view'
import { usePage } from '../state/hooks.ts'
import { counted } from '../words/sentences.ts'
import { When } from './age.tsx'
import { More } from './more.tsx'

const SHOWN = 3

export function Violations({ monitor }: { readonly monitor: MonitorView }) {
  const now = usePage().clock.now()
  const [all, showAll] = useState(false)
  const { lastViolations } = monitor
  if (lastViolations.length === 0) return null
  const shown = all ? lastViolations : lastViolations.slice(0, SHOWN)
  return (
    <tr class="check broke">
      <td class="none" />
      <td colSpan={7}>
        <p class="small">It sent what it may not</p>
        <ul>
          {shown.map(({ text, count, lastSeen }, index) => (
            <li key={`${text} ${index}`}>
              <bdi>{text}</bdi>
              <span class="quiet">
                {count > 1 ? `, ${counted(count, 'time')}` : ''}, <When at={lastSeen} form="ago" now={now} />
              </span>
            </li>
          ))}
        </ul>
        <More hidden={lastViolations.length - shown.length} what="kind" onShow={() => showAll(true)} />
      </td>
    </tr>
  )
}
