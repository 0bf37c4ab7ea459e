/** Conditions that are True beyond those that a cursor has room for: they lie in the check's state folder. */
import type { CheckContext } from '#monitor-kit'
import { createConditionsFile, type Ending, type Recalled as RecalledRows } from '../../rules/conditions-file.ts'
import { type ConditionNow, listedOf } from './conditions.ts'
import type { Config } from './config.ts'
import { absenceOf, endsByReboot } from './declare.ts'

/** What lies there. */
export interface Recalled {
  /** Is True by it. */
  readonly raised: readonly ConditionNow[]
  /** Types that may be. */
  readonly doubtful: readonly string[]
}

/** Keeps what the cursor does not. */
export interface Overflow {
  /** Undefined: it cannot be read, and may be later. */
  recall(): Promise<Recalled | undefined>
  /** @param doubtful types that may be True @returns whether it stands there */
  keep(conditions: readonly ConditionNow[], doubtful: ReadonlySet<string>): Promise<boolean>
}

function endingsOf(config: Config): readonly Ending[] {
  const absence = absenceOf(config)
  return listedOf(config).map(({ type: id }) => ({
    ...{ id, condition: id },
    recovery: { absentMs: absence.get(id) ?? 0, reboot: endsByReboot(config, id) },
  }))
}

function conditionsOf({ raised }: RecalledRows): readonly ConditionNow[] {
  return raised.map(({ type, reason, message, sinceMs, seenMonoMs: seenMs }) => ({
    ...{ type, isTrue: true, reason, message, since: new Date(sinceMs), seenMs },
  }))
}

export function createOverflow(around: Omit<CheckContext<Config>, 'signal'>): Overflow {
  const file = createConditionsFile(around)
  const endings = endingsOf(around.config)
  let recalled: Promise<RecalledRows | undefined> | undefined

  return {
    async recall() {
      recalled = file.recall(endings)
      const known = await recalled
      return known && { raised: conditionsOf(known), doubtful: known.doubtful }
    },
    async keep(conditions, doubtful) {
      // It is known by that which boot this is.
      recalled ??= file.recall(endings)
      if ((await recalled) === undefined) recalled = file.recall(endings)
      await recalled
      const raised = conditions
        .filter(({ isTrue }) => isTrue)
        .map(({ type, reason, message, since, seenMs: seenMonoMs = 0 }) => ({
          ...{ type, entity: '', ruleId: type, reason, message, severity: 'warning' as const },
          ...{ sinceMs: since?.getTime() ?? 0, seenMonoMs },
        }))
      return file.keep({ raised, doubts: { all: [...doubtful] } }, endings)
    },
  }
}
