/** Open problems, worst first. */

import { useState } from 'preact/hooks'
import {
  actionWords,
  type HistoryView,
  LEVEL_WORDS,
  limitOf,
  OBSERVED_ONLY,
  type ProblemView,
  type SeriesView,
} from '#view'
import { elementId, nameId } from '../state/address.ts'
import { resting, useCell, usePage } from '../state/hooks.ts'
import { quantityOf } from '../words/quantity.ts'
import { asSentence } from '../words/sentences.ts'
import { clockOf } from '../words/times.ts'
import { Age } from './age.tsx'
import { Glyph } from './glyph.tsx'
import { More } from './more.tsx'
import { Repair } from './repair.tsx'
import { Spark } from './spark.tsx'
import { About, Code, Message } from './texts.tsx'
import { useTarget } from './use-target.ts'

const SHOWN = 10

/** A label this short stands behind its value in large print. */
const SHORT_LABEL = 10

interface ProblemProps {
  readonly problem: ProblemView
  readonly history: HistoryView | undefined
  readonly stale: boolean
  /** Somebody repairs here: what of this one. */
  readonly withRepair: boolean
}

function seriesOf({ evidence }: ProblemView, history: HistoryView | undefined): SeriesView | undefined {
  if (evidence === undefined || evidence.metric === '') return undefined
  const series = history?.series.find(({ key }) => key === evidence.metric)
  return series !== undefined && series.points.filter(([, value]) => value !== null).length > 1 ? series : undefined
}

function What({ problem, stale }: ProblemProps) {
  const { clock } = usePage()
  const level = problem.severity
  const link =
    problem.condition === '' ? nameId('problem', problem.fingerprint) : elementId('condition', problem.condition)
  return (
    <div>
      <h3>
        <Glyph level={level} />
        <bdi>{problem.summary}</bdi>
      </h3>
      <p>
        <span class={`state ${level}`}>{LEVEL_WORDS[level]}</span>{' '}
        {stale ? (
          'then, since'
        ) : (
          <>
            for <Age at={problem.opened} form="lasting" />, since
          </>
        )}{' '}
        <time dateTime={problem.opened} title={problem.opened}>
          {clockOf(problem.opened, clock.now())}
        </time>
      </p>
      <p class="small codes">
        <a href={`#${link}`}>
          <Code text={problem.type} />
        </a>{' '}
        {problem.entity === '' && problem.subject === undefined ? null : (
          <span>
            <About thing={problem} near />
          </span>
        )}{' '}
        <span>
          <Code text={problem.reason} />
        </span>
      </p>
    </div>
  )
}

function Looked({ problem, stale }: ProblemProps) {
  const { clock } = usePage()
  const word = problem.condition === '' ? 'Last seen' : 'Checked'
  return (
    <span class="looked">
      {word}{' '}
      {stale ? (
        <time dateTime={problem.lastSeen}>{clockOf(problem.lastSeen, clock.now())}</time>
      ) : (
        <Age at={problem.lastSeen} form="ago" />
      )}
      {problem.condition === '' && problem.count > 1 ? `, ${problem.count} times in all` : ''}.
    </span>
  )
}

function Value({ evidence }: { readonly evidence: NonNullable<ProblemView['evidence']> }) {
  const limit = limitOf(evidence)
  const short = evidence.label.length <= SHORT_LABEL
  const small = [
    ...(short || evidence.label === '' ? [] : [evidence.label]),
    ...(limit === undefined ? [] : [`limit ${quantityOf(limit, evidence.unit)}`]),
  ].join(', ')
  return (
    <div>
      <p class="val">
        <bdi>
          {quantityOf(evidence.value, evidence.unit)}
          {short ? ` ${evidence.label}` : ''}
        </bdi>
      </p>
      {small === '' ? null : (
        <p class="small">
          <bdi>{small}</bdi>
        </p>
      )}
    </div>
  )
}

/** The words of its monitor, as a sentence of the page; a text with lines of its own as it is. */
function Said({ problem: { message, summary } }: { readonly problem: ProblemView }) {
  if (message.includes('\n')) return <Message text={message} />
  return (
    <p class="said">
      <bdi>{asSentence(message === summary ? '' : message)}</bdi>
    </p>
  )
}

function HowKnown(props: ProblemProps) {
  const { problem, history } = props
  const { evidence } = problem
  const series = seriesOf(problem, history)
  if (evidence === undefined) {
    return (
      <div>
        <p class="lab">Evidence</p>
        <Said problem={problem} />
        <p class="small">
          <Looked {...props} />
        </p>
      </div>
    )
  }
  return (
    <div class={series === undefined ? 'ev plain' : 'ev'}>
      <p class="lab">Evidence, last hour</p>
      <Value evidence={evidence} />
      {series === undefined || history === undefined ? null : (
        <Spark
          series={series}
          evidence={evidence}
          level={problem.severity}
          from={Date.parse(history.from)}
          to={Math.max(Date.parse(history.to), (series.points.at(-1)?.[0] ?? 0) * 1000)}
        />
      )}
      <p class="small">
        <bdi>{asSentence(evidence.detail)}</bdi> <Looked {...props} />
      </p>
    </div>
  )
}

/** What a person is to do, and whether anybody else may. */
function ToDo({ problem }: { readonly problem: ProblemView }) {
  return (
    <>
      {problem.action === undefined ? null : <p class="small todo">To do: {actionWords(problem)}.</p>}
      {problem.observeOnly ? <p class="small">{OBSERVED_ONLY}</p> : null}
    </>
  )
}

function GoneWhen({ problem }: { readonly problem: ProblemView }) {
  return (
    <div>
      <p class="lab">Gone when</p>
      <p>
        <bdi>{asSentence(problem.recovery) || 'Its monitor says so.'}</bdi>
      </p>
      <ToDo problem={problem} />
      {problem.unproven ? <p class="small">Known from before the reboot; not looked at since.</p> : null}
      {problem.flapping ? <p class="small">It comes and goes; its recovery is held back.</p> : null}
    </div>
  )
}

const Problem = resting(function Problem(props: ProblemProps) {
  const id = nameId('problem', props.problem.fingerprint)
  const here = useTarget(id)
  return (
    <article class={props.withRepair ? 'prow four problem' : 'prow problem'} id={id} {...here}>
      <What {...props} />
      <HowKnown {...props} />
      <GoneWhen problem={props.problem} />
      {props.withRepair ? <Repair problem={props.problem} /> : null}
    </article>
  )
})

interface ProblemsProps {
  readonly problems: readonly ProblemView[]
  readonly stale: boolean
  /** "at 03:14:20" when that is not now. */
  readonly at: string
  /** What is said about repairs. */
  readonly remediation: string
  /** Somebody repairs here. */
  readonly isRepairing: boolean
}

export const Problems = resting(function Problems(props: ProblemsProps) {
  const { problems, stale, at, remediation, isRepairing } = props
  const page = usePage()
  const { '1h': loaded } = useCell(page.histories)
  const [all, showAll] = useState(false)
  const shown = all ? problems : problems.slice(0, SHOWN)
  const withRepair = isRepairing || problems.some(({ repair }) => repair !== undefined)
  return (
    <section aria-labelledby="h-problems">
      <div class={withRepair ? 'prow four phead' : 'prow phead'}>
        <h2 id="h-problems">
          Open problems{at === '' ? '' : ` ${at}`}
          {problems.length > 1 ? <span class="light quiet">, worst first</span> : null}
        </h2>
        <span aria-hidden="true">Evidence, last hour</span>
        <span aria-hidden="true">Gone when</span>
        {withRepair ? <span aria-hidden="true">Remediation</span> : null}
      </div>
      {shown.map((problem) => (
        <Problem
          key={problem.fingerprint}
          problem={problem}
          history={loaded?.view}
          stale={stale}
          withRepair={withRepair}
        />
      ))}
      <More hidden={problems.length - shown.length} what="problem" onShow={() => showAll(true)} />
      {remediation === '' ? null : <p class="small repairs">{remediation}</p>}
    </section>
  )
})
