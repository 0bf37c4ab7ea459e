import type { CDPSession } from 'playwright-core'

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
