/** What was True before a life begins, and of what that is not known. */
import { HostReadError } from '#host'
import type { CheckContext } from '#monitor-kit'
import type { ConditionNow } from './conditions.ts'
import type { Config } from './config.ts'
import { endsByReboot } from './declare.ts'
import { type Kept, restored, withTexts } from './kept.ts'
import type { Overflow, Recalled } from './overflow.ts'

/** As much of where a life begins as says that. */
export interface Left extends Pick<Kept, 'raised' | 'hasMore' | 'isDamaged'> {
  /** What was kept is of another boot. */
  readonly isOtherBoot: boolean
}

/** What was True before. */
export interface Before {
  readonly all: readonly ConditionNow[]
  /** Types of which that is not known, until something says how they are. */
  readonly doubtful: Set<string>
  /** What says so of them cannot be read yet: where reading goes on is not kept, so that it is read again once that is. */
  readonly isUnread: boolean
  /** Tries to, where it could not be. */
  readAgain(take: (recalled: Recalled) => void): Promise<void>
}

/** Where it is not known which boot this is nothing is known either. */
async function recalledNow(overflow: Overflow): Promise<Recalled | undefined> {
  try {
    return await overflow.recall()
  } catch (err) {
    if (err instanceof HostReadError) return undefined
    throw err
  }
}

/** @throws HostReadError where it is not known which boot this is */
export async function beforeOf(
  { config, memory }: Pick<CheckContext<Config>, 'config' | 'memory'>,
  { raised, hasMore, isOtherBoot, isDamaged = false }: Left,
  overflow: Overflow,
): Promise<Before> {
  const more = hasMore === true ? await overflow.recall() : { raised: [], doubtful: [] }
  const known = new Set(raised.map(({ type }) => type))
  const all = [...restored(raised), ...(more?.raised ?? []).filter(({ type }) => !known.has(type))]
  const isLeft = (type: string): boolean =>
    !all.some((one) => one.type === type) && !(isOtherBoot && endsByReboot(config, type))
  const isInDoubt = (type: string): boolean => isDamaged || more === undefined || more.doubtful.includes(type)
  const doubtful = new Set(config.conditions.map(({ type }) => type).filter((type) => isLeft(type) && isInDoubt(type)))
  let hasFailed = more === undefined
  const isUnread = (): boolean => hasFailed && doubtful.size > 0

  return {
    all: all.length === 0 ? all : withTexts(all, await memory.recall()),
    doubtful,
    get isUnread() {
      return isUnread()
    },
    async readAgain(take) {
      if (!isUnread()) return
      const recalled = await recalledNow(overflow)
      if (recalled === undefined || !isUnread()) return
      hasFailed = false
      take(isDamaged ? { ...recalled, doubtful: [...doubtful] } : recalled)
    },
  }
}
