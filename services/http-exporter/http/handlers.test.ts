import { describe, expect, it } from 'vitest'
import { renderNodeView } from '#view'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { NOW, someFacts } from '../../../libs/view/testing.ts'
import { NO_GRAPHS } from '../history/display.ts'
import { createHandlers, type HandlerSources } from './handlers.ts'

function handlers(metrics: HandlerSources['metrics']) {
  const clock = fakeClock(NOW)
  const view = renderNodeView(someFacts(), NOW)
  const all = createHandlers({
    clock,
    view: () => view,
    uses: () => ({ evidence: new Map(), graphs: NO_GRAPHS }),
    events: () => [],
    repairs: () => [],
    history: async () => ({ from: '', to: '', knownFrom: '', note: '', lanes: [], gaps: [], series: [] }),
    readiness: () => ({ ready: true, reason: '' }),
    awaited: () => '',
    page: undefined,
    metrics,
  })
  return { clock, scrape: async () => (await all['prometheus-metrics']({ query: {}, accept: '*/*' })).body }
}

describe('/metrics', () => {
  it('is rendered once for all who ask meanwhile and within a second, then anew', async () => {
    const waiting: (() => void)[] = []
    const { clock, scrape } = handlers(
      () => new Promise((resolve) => waiting.push(() => resolve({ body: `up ${waiting.length}\n` }))),
    )
    const first = [scrape(), scrape()]
    await clock.advance(5000)
    const late = scrape()
    expect(waiting).toHaveLength(1)
    waiting[0]?.()
    expect(await Promise.all([...first, late])).toEqual(['up 1\n', 'up 1\n', 'up 1\n'])
    await clock.advance(999)
    expect(await scrape()).toBe('up 1\n')
    await clock.advance(1)
    const next = scrape()
    waiting[1]?.()
    expect(await next).toBe('up 2\n')
  })

  it('is rendered again at once when it failed', async () => {
    let asked = 0
    const { scrape } = handlers(async () => {
      asked++
      if (asked === 1) throw new Error('no room')
      return { body: 'up 1\n' }
    })
    await expect(scrape()).rejects.toThrow('no room')
    expect(await scrape()).toBe('up 1\n')
  })
})
