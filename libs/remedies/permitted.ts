/** What the host may be asked to do, by the configuration alone: whoever acts holds every request against it, and believes nobody. Pure. */
import type { NodeDoctorConfig, RemediationEntry } from '#config/types'
import type { Act } from '#model'
import { actOf } from './act.ts'
import { strategiesOf } from './ladder.ts'
import { isRemedy, REMEDIES, type RemedyName } from './table.ts'
import { isPlainPath } from './targets.ts'
import { targetName, textOf } from './text.ts'

/** What permits follow from. */
export type PermitsConfig = Pick<NodeDoctorConfig, 'monitors' | 'plugins' | 'remediation'>

/** An act that a configuration lets the host do. */
export interface PermittedAct {
  readonly strategy: RemedyName
  /**
   * The only one it may be done to; undefined: the problem names it, and it is a disk by a path ({@link isPlainPath}), which whoever acts
   * holds against what is mounted.
   */
  readonly target: string | undefined
  /** Exactly these. Secrets are hidden in them, as in every act that is asked for. */
  readonly parameters: Readonly<Record<string, string>>
  /** The same as they are written. */
  readonly given: Readonly<Record<string, string>>
  /** How long it may take at most. */
  readonly timeoutMs: number
  /** False: it is switched off, or told and not done (`dryRun`, `mode: observe`). Whether it could be done may be asked all the same. */
  readonly mayRun: boolean
}

/** A problem that names nothing. */
const NOTHING = { type: '', entity: '' }
/** One whose disk is named by a path, in place of every other. */
const SOME_DISK = { type: '', entity: 'disk:/' }

/** Whether the host has a part in it: of a reboot it does the last step. */
function isOfHost(strategy: RemedyName): boolean {
  const { by, needs } = REMEDIES[strategy]
  return by === 'host' || needs.includes('system-bus')
}

function permitOf(entry: RemediationEntry, { remediation }: PermitsConfig): readonly PermittedAct[] {
  const { strategy } = entry
  if (strategy === undefined || !isRemedy(strategy) || !isOfHost(strategy)) return []
  const { target: kind, timeoutMs } = REMEDIES[strategy]
  const isOfProblem = kind === 'disk' && entry.path === undefined
  const done = actOf(entry, remediation, isOfProblem ? SOME_DISK : NOTHING)
  if ('refusal' in done) return []
  const { target, parameters } = done.act
  const { given } = done
  return [
    {
      strategy,
      target: isOfProblem ? undefined : target,
      parameters,
      given,
      timeoutMs: entry.timeoutMs ?? timeoutMs,
      mayRun: remediation.enabled && !remediation.dryRun && entry.enabled && entry.mode !== 'observe',
    },
  ]
}

/** Everything that a configuration speaks of and the host has a part in, what may be done before what may only be asked about. */
export function permittedActs(config: PermitsConfig): readonly PermittedAct[] {
  const permits = strategiesOf(config).flatMap((entry) => permitOf(entry, config))
  return permits.toSorted((a, b) => Number(b.mayRun) - Number(a.mayRun))
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
}

function isTarget(target: string, permitted: PermittedAct): boolean {
  if (permitted.target !== undefined) return target === permitted.target
  return target.startsWith('disk:') && isPlainPath(targetName(target))
}

/**
 * The permit that an act is within, with the act in our own words and its parameters as they are written, secrets and all; or why the
 * configuration has none, in one line.
 */
export function permitFor(
  act: Act,
  permitted: readonly PermittedAct[],
): { readonly permit: PermittedAct; readonly act: Act } | { readonly refusal: string } {
  const { strategy, target, parameters } = act
  if (!isRemedy(strategy)) return { refusal: 'there is no such action' }
  const ofStrategy = permitted.filter((one) => one.strategy === strategy)
  if (ofStrategy.length === 0) return { refusal: `the configuration has no ${strategy}` }
  const ofTarget = ofStrategy.filter((one) => isTarget(target, one))
  if (ofTarget.length === 0) return { refusal: `the configuration has no ${strategy} of that target` }
  const meant = ofTarget.filter((one) => isSame(one.parameters, parameters))
  const [permit] = meant
  if (permit === undefined) return { refusal: `the configuration has other parameters for ${strategy} of that target` }
  const { given, parameters: shown } = permit
  // Who asks knows no secrets: by what he may say nobody can tell which is meant, and one of them may only be told.
  if (meant.some((one) => !isSame(one.given, given)))
    return { refusal: `the configuration has ${strategy} of that target with parameters that differ in a secret alone` }
  return { permit, act: { strategy, target, parameters: given, text: textOf(strategy, target, shown) } }
}
