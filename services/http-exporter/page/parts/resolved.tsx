/** Nothing is open: what was resolved last. */

import { useState } from 'preact/hooks'
import { overWords, type ProblemView } from '#view'
import { elementId } from '../state/address.ts'
import { resting, usePage } from '../state/hooks.ts'
import { sentenceStart } from '../words/sentences.ts'
import { clockOf } from '../words/times.ts'
import { More } from './more.tsx'

const SHOWN = 3

function Past({ problem }: { readonly problem: ProblemView }) {
  const { clock } = usePage()
  const until = problem.resolved ?? problem.changed
  const summary = <bdi>{problem.summary}</bdi>
  return (
    <article class="prow past">
      <h3>
        <span class="quiet">{sentenceStart(overWords(problem.openMs))}:</span>{' '}
        {problem.condition === '' ? summary : <a href={`#${elementId('condition', problem.condition)}`}>{summary}</a>}
      </h3>
      <p>
        <span class="lab">until </span>
        <time dateTime={until}>{clockOf(until, clock.now())}</time>
      </p>
      <p>
        <span class="lab">Proven by </span>
        <bdi>{problem.proofText || problem.recovery}</bdi>
      </p>
    </article>
  )
}

interface ResolvedProps {
  readonly resolved: readonly ProblemView[]
  /** What the heading says of open ones. */
  readonly heading: string
  /** What stands there when nothing was resolved either. */
  readonly empty: string
}

export const Resolved = resting(function Resolved({ resolved, heading, empty }: ResolvedProps) {
  const [all, showAll] = useState(false)
  const shown = all ? resolved : resolved.slice(0, SHOWN)
  return (
    <section aria-labelledby="h-problems">
      {resolved.length === 0 ? (
        <div class="head grid3">
          <h2 id="h-problems">{heading}</h2>
          <p class="quiet">{empty}</p>
        </div>
      ) : (
        <div class="prow past phead">
          <h2 id="h-problems">{heading}; resolved last</h2>
          <span aria-hidden="true">Until</span>
          <span aria-hidden="true">Proven by</span>
        </div>
      )}
      {shown.map((problem) => (
        <Past key={`${problem.fingerprint} ${problem.generation}`} problem={problem} />
      ))}
      <More hidden={resolved.length - shown.length} what="resolved problem" onShow={() => showAll(true)} />
    </section>
  )
})
