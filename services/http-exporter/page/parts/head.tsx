/** The verdict: which node, how it is, how fresh that is. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { LEVEL_WORDS, type Level, type NodeView, wordsToText } from '#view'
import type { Link } from '../feed/link.ts'
import { usePage } from '../state/hooks.ts'
import { Age } from './age.tsx'
import { Glyph } from './glyph.tsx'
import { Sentence } from './texts.tsx'
import { Ticking } from './ticking.tsx'

/** "in 3 s"; while it is being tried, that. */
function Retry({ link }: { readonly link: Link }) {
  const retryAtMs = link.state === 'lost' ? link.retryAtMs : undefined
  if (retryAtMs === undefined) return <>trying again now</>
  return (
    <>
      trying again in <Ticking text={() => `${Math.max(1, Math.ceil((retryAtMs - performance.now()) / 1000))} s`} />
    </>
  )
}

function Fresh({ view, link }: { readonly view: NodeView; readonly link: Link }) {
  if (link.state === 'lost') {
    return (
      <>
        Stream lost, <Retry link={link} />
      </>
    )
  }
  const { state, lastReport } = view.detector
  if (state === 'stale') return <>Agent silent, exporter live</>
  const live = link.state === 'rejoining' ? 'Reconnecting' : view.detector.behindSince === undefined ? 'Live' : 'Behind'
  if (lastReport === undefined) return <>{live}, no report yet</>
  return (
    <>
      {live}, last report <Age at={lastReport} form="ago" />
    </>
  )
}

/** Said once when the verdict becomes another, not each second that an age in it grows. */
function Announcement({ view, lost }: { readonly view: NodeView; readonly lost: boolean }) {
  const page = usePage()
  const { verdict } = view
  const timeless = verdict.sentence.map((word) => ('text' in word ? word.text : '')).join('')
  const [said, say] = useState('')
  const first = useRef(true)
  useEffect(() => {
    const words = wordsToText(verdict.sentence, new Date(page.clock.now()))
    // What is there when the page is opened is read with the page.
    if (!first.current)
      say(`${isProblem(verdict.level) ? `${LEVEL_WORDS[verdict.level]}: ` : ''}${lost ? 'Stream lost. ' : ''}${words}`)
    first.current = false
  }, [timeless, verdict.level, lost])
  return (
    <p class="vh" role="status">
      {said}
    </p>
  )
}

/** The sentence says how many problems there are; how bad they are is in shape and colour, and for the ear in a word. */
function isProblem(level: Level): boolean {
  return level === 'warning' || level === 'error' || level === 'critical'
}

export function Head({ view, link }: { readonly view: NodeView; readonly link: Link }) {
  const page = usePage()
  const { node, verdict } = view
  const { attention } = view.remediation
  return (
    <header class="top">
      <h1>
        <span class="node">
          <bdi>{node.name}</bdi> {node.address === '' ? null : <span class="quiet addr">{node.address}</span>}
        </span>{' '}
        <span class="verdict" {...{ elementtiming: 'verdict' }}>
          <Glyph level={verdict.level} shape={verdict.level === 'healthy' ? 'allright' : verdict.level} />
          {isProblem(verdict.level) ? <span class="vh">{LEVEL_WORDS[verdict.level]}: </span> : null}
          <Sentence words={verdict.sentence} />
        </span>
      </h1>
      <p class="fresh">
        <Fresh view={view} link={link} />
        <span class="quiet clock">
          {' '}
          <Ticking text={() => new Date(page.clock.now()).toISOString().slice(11, 19)} /> UTC
        </span>
      </p>
      <p class="sub">
        <Sentence words={verdict.detail} />
      </p>
      {attention === undefined || verdict.level === 'stale' ? null : (
        <p class="sub">
          <span class="light">Repairs:</span> {attention.join(' ')}
        </p>
      )}
      <Announcement view={view} lost={link.state === 'lost'} />
    </header>
  )
}
