/** The page: what is known, as it is known. */

import { useEffect, useMemo } from 'preact/hooks'
import { type NodeView, type VerdictView, withoutSums } from '#view'
import { PageContext, useCell, usePage } from '../state/hooks.ts'
import { loseStream } from '../state/lost.ts'
import type { Page } from '../state/page.ts'
import { clockOf } from '../words/times.ts'
import { Conditions } from './conditions.tsx'
import { Foot } from './foot.tsx'
import { Glyph, Shapes } from './glyph.tsx'
import { Head } from './head.tsx'
import { Machine } from './machine.tsx'
import { Monitors } from './monitors.tsx'
import { Problems } from './problems.tsx'
import { Resolved } from './resolved.tsx'
import { Ribbon } from './ribbon.tsx'
import { showInTab } from './tab.ts'
import { useStages } from './use-stages.ts'

/** Before the exporter has said anything at all. */
function Unreached({ lost }: { readonly lost: boolean }) {
  const page = usePage()
  const opened = useMemo(() => new Date(page.clock.now()).toISOString(), [])
  const level = lost ? 'stale' : 'unknown'
  useEffect(() => {
    document.documentElement.dataset['scene'] = level
    showInTab(lost ? 'Not known' : 'Node Doctor', level)
  }, [level])
  return (
    <header class="top">
      <h1>
        <span class="node">Node Doctor</span>{' '}
        <span class="verdict">
          <Glyph level={level} />
          {lost ? 'Not known. The exporter does not answer.' : 'Asking for the state of this node.'}
        </span>
      </h1>
      <p class="sub">
        {lost
          ? `Nothing has been heard since this page was opened at ${clockOf(opened, page.clock.now())} UTC. It is asked again every few seconds.`
          : ''}
      </p>
    </header>
  )
}

/** The heading of the place of problems when there is none, and what stands below it when none was resolved either. */
function calmWords({ level }: VerdictView, at: string): { readonly heading: string; readonly empty: string } {
  if (level === 'stale') {
    return { heading: `No open problems ${at}`, empty: 'None was known, and none was on record as resolved.' }
  }
  if (level === 'unknown') {
    return {
      heading: at === '' ? 'No problem known' : `No problem known ${at}`,
      empty: 'A problem stands here as soon as a check finds one, with its evidence and what would prove it gone.',
    }
  }
  return { heading: 'No open problems', empty: 'None is on record as resolved either.' }
}

/** What is said below the problems: why nothing is repaired, as long as that is so. */
function repairsText({ running, text, attention }: NodeView['remediation']): string {
  return running || attention !== undefined ? '' : text
}

function Scene({ view }: { readonly view: NodeView }) {
  const page = usePage()
  const link = useCell(page.link)
  const stage = useStages(3)
  const { verdict, detector } = view
  const stale = verdict.level === 'stale'
  const known = Date.parse(detector.lastHeartbeat ?? '')
  const lostMs = !stale ? undefined : Number.isFinite(known) ? known : page.heardMs()
  const isBehind = detector.state === 'live' && detector.behindSince !== undefined
  const fromMs = isBehind ? Date.parse(detector.behindSince ?? '') : lostMs
  const at = fromMs === undefined ? '' : `at ${clockOf(fromMs, page.clock.now())}`
  useEffect(() => {
    document.documentElement.dataset['scene'] = verdict.level
    showInTab(verdict.title, verdict.level)
  }, [verdict.level, verdict.title])
  useEffect(() => {
    document.documentElement.toggleAttribute('data-behind', isBehind)
  }, [isBehind])
  const { remediation } = view
  const problems = useMemo(() => withoutSums(view.problems), [view.problems])
  const resolved = useMemo(() => withoutSums(view.resolved), [view.resolved])
  return (
    <>
      <Head view={view} link={link} />
      {stage < 1 ? null : (
        <main>
          {problems.length > 0 ? (
            <Problems
              problems={problems}
              stale={stale}
              at={at}
              remediation={stale ? '' : repairsText(remediation)}
              isRepairing={remediation.running}
            />
          ) : (
            <Resolved resolved={resolved} {...calmWords(verdict, at)} />
          )}
          <Ribbon
            conditions={view.conditions}
            monitors={view.monitors}
            problems={view.problems}
            node={view.node}
            lostMs={lostMs}
          />
          {stage < 2 ? null : <Conditions conditions={view.conditions} at={at} />}
          {stage < 3 ? null : (
            <>
              <Monitors monitors={view.monitors} stale={stale} at={at} />
              <Machine conditions={view.conditions} node={view.node} lostMs={lostMs} />
            </>
          )}
        </main>
      )}
      {stage < 3 ? null : <Foot node={view.node} settings={view.settings} />}
    </>
  )
}

function Shown() {
  const page = usePage()
  const node = useCell(page.node)
  const link = useCell(page.link)
  const lost = link.state === 'lost'
  const view = useMemo(
    () => (node === undefined || !lost ? node : loseStream(node, page.heardMs(), page.clock.now())),
    [node, lost],
  )
  return view === undefined ? <Unreached lost={lost} /> : <Scene view={view} />
}

export function App({ page }: { readonly page: Page }) {
  return (
    <PageContext.Provider value={page}>
      <Shapes />
      <Shown />
    </PageContext.Provider>
  )
}
