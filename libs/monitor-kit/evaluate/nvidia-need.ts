/**
 * What each card of NVIDIA in a machine is to its node, and whether it needs NVIDIA's driver: the one rule of every check that tells of a
 * driver that is away, of a GPU that is missing, or whether there is a GPU here at all. Pure.
 */
import { isGivenAway, type PciGpu } from './nvidia-gpu.ts'

/** A card that NVIDIA's driver was seen to have here. */
export interface HadCard {
  readonly place: string
  /** Its model by PCI; undefined: nobody has read it. */
  readonly device?: string | undefined
  /** undefined: nobody has read it. */
  readonly kind?: PciGpu['kind'] | undefined
}

/** What is known beside what PCI shows. */
export interface NeedKnown {
  /** Cards that it had, in this boot or before. */
  readonly had: readonly HadCard[]
  /** It was loaded here, or is to be: for some card, whichever. */
  readonly isForSome: boolean
  /** Each card of this node needs it. */
  readonly isAlways: boolean
}

/** Where nobody knows anything beside. */
export const NEED_UNKNOWN: NeedKnown = { had: [], isForSome: false, isAlways: false }

/** `has`: NVIDIA's driver has it; `needs`: it has not, and is to; `spare`: it drives screens, or nothing, and does without. */
export type Need = 'given-away' | 'has' | 'needs' | 'spare'

/** So many are kept. */
const HAD_MAX = 64

/** By its model, since places change at a reboot; where that was never read by its place. */
function isSame(had: HadCard, { place, device }: PciGpu): boolean {
  return had.device !== undefined && device !== undefined ? had.device === device : had.place === place
}

/** Whether it is known which one that was: no other, and none for screens, where it computes, is taken for it. */
function isToldApart({ device, kind }: HadCard): boolean {
  return kind === 'compute' || device !== undefined
}

/** What is kept of a card that the driver has. */
export function hadOf({ place, device, kind }: PciGpu): HadCard {
  return { place, ...(device !== undefined && { device }), kind }
}

/** Whether it needs the driver, or has it, by itself alone. */
function isSure(gpu: PciGpu, cards: readonly HadCard[]): boolean {
  return gpu.kind === 'compute' || gpu.driver === 'nvidia' || cards.some((one) => isSame(one, gpu))
}

/**
 * The rule. A card that was given away (vfio-pci) needs none. One that is there to compute (PCI class 0302) does, and so does one that could
 * drive screens (0300) where NVIDIA's driver had it once, or has or had another of its model. Where there is no such one, nobody knows
 * which ones it had, and it was loaded here or is to be, it is for those that are here. All others are spare: an old card of a screen,
 * which that driver does not take or nouveau has.
 * @returns by place
 */
export function needsOf(gpus: readonly PciGpu[], known: NeedKnown): ReadonlyMap<string, Need> {
  const own = gpus.filter((gpu) => !isGivenAway(gpu))
  const cards = [...known.had, ...own.filter(({ driver }) => driver === 'nvidia').map(hadOf)]
  const isForOthers = known.had.some(isToldApart) || own.some((gpu) => isSure(gpu, cards))
  const isForEach = known.isAlways || (known.isForSome && !isForOthers)
  const needOf = (gpu: PciGpu): Need => {
    if (isGivenAway(gpu)) return 'given-away'
    if (gpu.driver === 'nvidia') return 'has'
    return isForEach || isSure(gpu, cards) ? 'needs' : 'spare'
  }
  return new Map(gpus.map((gpu) => [gpu.place, needOf(gpu)]))
}

/** Cards that the driver was seen to have, with those that it has now: the newest {@link HAD_MAX}. */
export function hadAfter(before: readonly HadCard[], has: readonly PciGpu[]): readonly HadCard[] {
  const now = has.map(hadOf)
  const isNow = ({ place, device }: HadCard) =>
    now.some((one) => one.place === place && (device === undefined || one.device === device))
  return [...before.filter((one) => !isNow(one)), ...now].slice(-HAD_MAX)
}
