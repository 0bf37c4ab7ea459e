/** What every check of this monitor does alike: it looks at the node's network or not at all, and withdraws what is gone. */
import type { ConditionKey } from '#model'
import { type CheckDefinition, type CheckResult, defineCheck, type RunCheck } from '#monitor-kit'
import { keyOf, type Unobserved, unknownFinding } from '#monitor-kit/evaluate'
import { type NetworkShared, whyNotHostNetwork } from './host-network.ts'

function isNetworkShared(shared: unknown): shared is NetworkShared {
  return typeof shared === 'object' && shared !== null && 'hostNetwork' in shared
}

/** A check that is made without its monitor (in a test over a captured machine) is taken to be in the node's network. */
async function whyUnseen(shared: unknown): Promise<Unobserved | undefined> {
  return isNetworkShared(shared) ? whyNotHostNetwork(await shared.hostNetwork()) : undefined
}

/** What was said by a check before and is not said by a whole look is there no more: a link that was taken out. */
function createWithdrawing(): (result: CheckResult) => CheckResult {
  let said: ReadonlyMap<string, ConditionKey> = new Map()
  return (result) => {
    const now = new Map(
      result.findings.map(keyOf).map((key): [string, ConditionKey] => [`${key.type} ${key.entity}`, key]),
    )
    const gone = result.partial === true ? [] : [...said].filter(([name]) => !now.has(name)).map(([, key]) => key)
    said = result.partial === true ? new Map([...said, ...now]) : now
    return { ...result, withdrawn: gone }
  }
}

/**
 * A check of this monitor as a value: one that is not in the node's network looks at nothing, and all of its conditions are unknown;
 * what a look does not name any more is withdrawn.
 * @throws DefinitionError
 */
export function defineNetworkCheck<Config>(definition: CheckDefinition<Config>): CheckDefinition<Config> {
  return defineCheck<Config>({
    ...definition,
    create(around) {
      const look = definition.create(around)
      const withdrawing = createWithdrawing()
      async function guarded(context: Parameters<RunCheck<Config>>[0]): Promise<CheckResult> {
        const why = await whyUnseen(around.shared)
        if (why !== undefined) {
          return { findings: definition.conditions.map(({ type }) => unknownFinding(type, why)), partial: true }
        }
        const result = await look(context)
        // Of a look that a caller has set parameters for nothing is kept.
        return Object.keys(context.parameters).length > 0 ? result : withdrawing(result)
      }
      return Object.assign(guarded, look.cleared === undefined ? {} : { cleared: look.cleared })
    },
  })
}
