/** What was named of this check's conditions: what is named no more is withdrawn, and what has changed is told. Pure. */
import { type ConditionKey, conditionKey } from '#model'
import type { Finding } from '#monitor-kit'

/** Over turns and followers of one process. */
export interface Named {
  /** All that is known now: what of it was not told so yet, and what is known no more. */
  changes(findings: readonly Finding[]): {
    readonly changed: readonly Finding[]
    readonly withdrawn: readonly ConditionKey[]
  }
  /** Another life begins: whoever hears it has to be told all. */
  forget(): void
}

/** What of a finding is told at once: how often it was told has time until the next turn. */
function newsOf({ health, severity, reason, summary, action, observeOnly, pending, subject }: Finding): string {
  return JSON.stringify([health, severity, reason, summary, action, observeOnly, pending, subject])
}

export function createNamed(): Named {
  const told = new Map<string, ConditionKey & { text: string }>()
  return {
    changes(findings) {
      const now = new Map(
        findings.map((one) => {
          const { type, entity = '' } = one
          return [conditionKey(type, entity), { one, type, entity, text: newsOf(one) }] as const
        }),
      )
      const withdrawn = [...told].filter(([key]) => !now.has(key)).map(([, { type, entity }]) => ({ type, entity }))
      const changed = [...now].filter(([key, { text }]) => told.get(key)?.text !== text).map(([, { one }]) => one)
      for (const { type, entity } of withdrawn) told.delete(conditionKey(type, entity))
      for (const [key, { type, entity, text }] of now) told.set(key, { type, entity, text })
      return { changed, withdrawn }
    },
    forget() {
      for (const one of told.values()) one.text = ''
    },
  }
}
