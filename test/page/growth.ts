/** What a page holds on to while messages arrive. */
import type { CDPSession } from 'playwright-core'
import type { NodeFacts } from '#view'
import type { Play } from './stage.ts'

export interface Held {
  readonly heapBytes: number
  /** Of the document, in it or not. */
  readonly nodes: number
  readonly listeners: number
}

/** What a page holds once everything that can go has gone. */
export async function usedHeap(session: CDPSession): Promise<Held> {
  // What was freed in one round frees more in the next.
  for (let round = 0; round < 4; round++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners }
}

/** Every row is proven anew, a fifth of them says something else, and so does each problem. */
function everythingMoves(was: NodeFacts, turn: number): NodeFacts {
  return {
    ...was,
    conditions: [...was.conditions].map((one, index) => ({
      ...one,
      observed: new Date(one.observed.getTime() + 1),
      message: index % 5 === turn % 5 ? `${turn % 97} % used, limit 95 %` : one.message,
    })),
    problems: [...was.problems].map((one) => ({
      ...one,
      revision: one.revision + 1,
      message: `as seen ${turn} times`,
    })),
  }
}

/** Sends changes one painted frame apart, so that each is drawn. */
export async function sendChanges({ page, server }: Pick<Play, 'page' | 'server'>, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    server.change((was) => everythingMoves(was, turn))
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))')
  }
}
