/** Who is in which slot, by what an earlier process of the same boot saw: until a probe says it, or the kernel, which says it once. */
import type { Host } from '#host'
import type { Cards } from './cards.ts'
import type { InventoryFile } from './inventory.ts'

/** What is recalled by, and into. */
export interface RecallOptions {
  readonly host: Pick<Host, 'bootId'>
  readonly inventory: Pick<InventoryFile, 'read'>
  readonly cards: Pick<Cards, 'all' | 'learn'>
}

/** After a reboot places are others. */
async function recall({ host, inventory, cards }: RecallOptions): Promise<void> {
  const [boot, { known }] = await Promise.all([host.bootId().catch(() => undefined), inventory.read()])
  for (const [uuid, gpu] of Object.entries(known)) {
    const isNamed = cards
      .all()
      .some((card) => card.uuid === uuid || (card.place === gpu.place && card.uuid !== undefined))
    if (boot === undefined || gpu.boot !== boot || isNamed) continue
    cards.learn(gpu.place, { uuid, name: gpu.name, ...(gpu.index !== undefined && { index: gpu.index }) })
  }
}

/** Recalls once, whoever asks first. Never rejects. */
export function createRecall(options: RecallOptions): () => Promise<void> {
  let recalled: Promise<void> | undefined
  return () => {
    recalled ??= recall(options)
    return recalled
  }
}
