import { describe, expect, it } from 'vitest'
import { diffNodeViews, NO_REMEDIATION, type NodeFacts, renderNodeView } from '#view'
import { applyMessage } from './apply.ts'
import { loseStream } from './lost.ts'

const NOW = new Date('2026-05-12T03:14:20Z')

function facts(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    node: { name: 'worker-7', address: '', bootId: 'b', version: '1' },
    detector: { state: 'live', lastHeartbeat: NOW, listeningSince: NOW },
    conditions: [],
    problems: [],
    monitors: [],
    settings: { set: [], defaults: 0, since: NOW.toISOString(), refused: [], refusedCount: 0 },
    remediation: NO_REMEDIATION,
    ...changes,
  }
}

describe('a message', () => {
  it('that changes no list leaves the lists the same, so that their parts of the page rest', () => {
    const before = renderNodeView(facts(), NOW)
    const after = applyMessage(before, { kind: 'beat', at: '2026-05-12T03:14:23Z', detector: { state: 'live' } })
    expect(after?.at).toBe('2026-05-12T03:14:23Z')
    expect(after?.conditions).toBe(before.conditions)
  })

  it('of changes without new conditions keeps the old list', () => {
    const before = renderNodeView(facts(), NOW)
    const message = diffNodeViews(
      before,
      renderNodeView(facts({ detector: { state: 'stale', listeningSince: NOW } }), NOW),
    )
    if (message === undefined) throw new Error('nothing changed')
    const after = applyMessage(before, message)
    expect(after?.detector.state).toBe('stale')
    expect(after?.monitors).toBe(before.monitors)
  })

  it('before any view is nothing but a whole one', () => {
    expect(applyMessage(undefined, { kind: 'samples', at: '', values: {} })).toBeUndefined()
    const node = renderNodeView(facts(), NOW)
    expect(applyMessage(undefined, { kind: 'node', node })).toBe(node)
  })
})

describe('a lost stream', () => {
  it('leaves nothing known, since the last message', () => {
    const view = renderNodeView(facts(), NOW)
    const lost = loseStream(view, NOW.getTime() + 5000, NOW.getTime() + 65_000)
    expect(lost.verdict.level).toBe('stale')
    expect(lost.detector).toMatchObject({ state: 'stale', lastHeartbeat: '2026-05-12T03:14:25.000Z' })
    expect(lost.verdict.title).toBe('Not known: worker-7')
  })

  it('makes an agent that was silent before no younger', () => {
    const silent = facts({ detector: { state: 'stale', lastHeartbeat: NOW, listeningSince: NOW } })
    const lost = loseStream(renderNodeView(silent, NOW), NOW.getTime() + 300_000, NOW.getTime() + 310_000)
    expect(lost.detector.lastHeartbeat).toBe(NOW.toISOString())
  })
})
