/** Which GPUs this node has by PCI: so much is known before anybody has asked them, and who was taken out is spoken of no more. */
import type { Host } from '#host'
import { type HadCard, hadAfter, NEED_UNKNOWN, needsOf } from '#monitor-kit/evaluate'
import type { Card } from '../../cards/card.ts'
import type { Cards } from '../../cards/cards.ts'
import { readPciGpus } from '../../driver/pci-gpus.ts'

/** Over all looks of one process. */
export interface Presence {
  /** Looks once, and tells who is there. Never rejects; where PCI cannot be read all is as it was. */
  look(): Promise<void>
  /** Those that are there, or that others alone have seen. */
  here(): readonly Card[]
  /** It was there, and is not any more, or was given away. A card for screens that the driver never had is no GPU of this node. Who was never seen there may be seen by others alone. */
  isGone(card: Pick<Card, 'place'>): boolean
}

export function createPresence(host: Pick<Host, 'files'>, cards: Pick<Cards, 'learn' | 'all'>): Presence {
  const seen = new Set<string>()
  let now: ReadonlySet<string> = seen
  let had: readonly HadCard[] = []
  const isGone = ({ place }: Pick<Card, 'place'>) => seen.has(place) && !now.has(place)
  return {
    async look() {
      const gpus = await readPciGpus(host)
      if (!gpus.ok) return
      const has = gpus.value.filter(({ driver }) => driver === 'nvidia')
      had = hadAfter(had, has)
      const needs = needsOf(gpus.value, { ...NEED_UNKNOWN, had })
      now = new Set([...needs].flatMap(([place, need]) => (need === 'has' || need === 'needs' ? [place] : [])))
      for (const place of now) {
        seen.add(place)
        cards.learn(place, {})
      }
    },
    here: () => cards.all().filter((card) => !isGone(card)),
    isGone,
  }
}
