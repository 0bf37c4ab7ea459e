/** Checks of somebody else's: how they are documented on Node Doctor's own pages is not asked of them. */
import { defineCheck as defineOwnCheck } from '../define.ts'
import type { CheckDefinition, CheckSpec, ConditionSpec, Declaration } from '../types.ts'

/** What Node Doctor's own pages say of a condition. */
type Documented = 'description' | 'source' | 'warning' | 'critical' | 'sustained'

/** A condition type as a check declares it; its description is that of the check where it has none. */
export type PluginCondition = Omit<ConditionSpec, Documented> & Partial<Pick<ConditionSpec, Documented>>

/** What a check may say. What it says beside that is not told. */
export type PluginDeclaration = Omit<Declaration, 'conditions'> & { readonly conditions: readonly PluginCondition[] }

type Plain<Spec> = Spec extends unknown
  ? Omit<Spec, 'conditions' | 'declare'> & {
      readonly conditions: readonly PluginCondition[]
      declare?(config: never): PluginDeclaration
    }
  : never

/** A check as {@link defineCheck} takes it: it has turns (`create`), or follows a source (`follow`), or both. */
export type PluginCheck<Config, Shared = unknown> = Plain<CheckSpec<Config, Shared>>

const UNDOCUMENTED = { source: '', warning: '', critical: '', sustained: '' } as const

function declared({ conditions, ...rest }: PluginDeclaration, description: string): Declaration {
  return { ...rest, conditions: conditions.map((condition) => ({ description, ...UNDOCUMENTED, ...condition })) }
}

/**
 * A check as a value: what it may say, how often it looks, and how.
 * @throws DefinitionError where it could not work
 */
export function defineCheck<Config = unknown, Shared = unknown>(
  check: PluginCheck<Config, Shared>,
): CheckDefinition<Config, Shared> {
  const { declare, description } = check
  const words =
    declare === undefined ? {} : { declare: (config: Config) => declared(declare(config as never), description) }
  return defineOwnCheck({ ...check, ...declared(check, description), ...words } as CheckSpec<Config, Shared>)
}
