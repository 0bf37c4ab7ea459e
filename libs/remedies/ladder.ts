/** The strategies for a problem, in the order in which they have their turn, each as it counts after all defaults. Pure. */
import type { NodeDoctorConfig, RemediationEntry } from '#config/types'
import type { Act, Severity } from '#model'
import { actOf } from './act.ts'
import { isRemedy, REMEDIES, type RemedyName } from './table.ts'
import type { AboutProblem } from './targets.ts'
import type { Doer } from './types.ts'

/** The section of all repairs, as far as strategies follow from it. */
export type LadderSection = Pick<
  NodeDoctorConfig['remediation'],
  'cooldownPeriodMs' | 'maxAttempts' | 'verifyWithinMs' | 'minSeverity' | 'overrides' | 'diskCleanup'
>

/** One strategy for a problem, as it counts after all defaults: a rung of the ladder. */
export interface Rung {
  readonly act: Act
  /** Of the check's block in the configuration. */
  readonly isEnabled: boolean
  /** Condition types, or reasons of events, that it is for. Absent: every one of the check. */
  readonly types: readonly string[] | undefined
  readonly minSeverity: Severity
  readonly cooldownMs: number
  readonly maxAttempts: number
  readonly verifyWithinMs: number
  /** `observe`: told and not done. */
  readonly mode: 'act' | 'observe'
}

/** A rung, with what whoever carries it out has to know. */
export interface LadderRung extends Rung {
  readonly strategy: RemedyName
  readonly by: Doer
  readonly isDisruptive: boolean
  /** How long one attempt may take. */
  readonly timeoutMs: number
  /** The parameters of `act` as they are written, for whoever carries it out alone: `act` has no secrets. */
  readonly given: Readonly<Record<string, string>>
  /** Why there is nothing to do it to, or it is never done for such a problem; "": there is. `act.target` is "" then. */
  readonly refusal: string
}

/** What a nested strategy has from the one that encloses it, where it says nothing itself. */
type Inherited = Pick<
  RemediationEntry,
  'mode' | 'for' | 'minSeverity' | 'cooldownMs' | 'maxAttempts' | 'verifyWithinMs' | 'service' | 'interface'
>

/** A strategy with what it inherits. `hasOwnCooldown`: it was written for it, and not for another. */
interface Step {
  readonly entry: RemediationEntry
  readonly hasOwnCooldown: boolean
}

function inherited(entry: RemediationEntry, outer: Inherited): RemediationEntry {
  return {
    ...entry,
    mode: entry.mode ?? outer.mode,
    for: entry.for ?? outer.for,
    minSeverity: entry.minSeverity ?? outer.minSeverity,
    cooldownMs: entry.cooldownMs ?? outer.cooldownMs,
    maxAttempts: entry.maxAttempts ?? outer.maxAttempts,
    verifyWithinMs: entry.verifyWithinMs ?? outer.verifyWithinMs,
    service: entry.service ?? outer.service,
    interface: entry.interface ?? outer.interface,
  }
}

/** The strategy first, then those in it by priority, of equals as they stand, each with its own before the next. */
function stepsOf(written: RemediationEntry, outer: Inherited, isOn: boolean): readonly Step[] {
  const entry = { ...inherited(written, outer), enabled: written.enabled && isOn }
  const own = entry.strategy === undefined ? [] : [{ entry, hasOwnCooldown: written.cooldownMs !== undefined }]
  const inner = entry.strategies.toSorted((a, b) => (a.priority ?? 0) - (b.priority ?? 0))
  return [...own, ...inner.flatMap((one) => stepsOf(one, entry, entry.enabled))]
}

/** What disturbs workloads waits at least its own time, unless it was written for it. */
function cooldownOf({ entry, hasOwnCooldown }: Step, strategy: RemedyName, section: LadderSection): number {
  const { cooldownMs: ownMs, isDisruptive } = REMEDIES[strategy]
  const saidMs = entry.cooldownMs ?? section.cooldownPeriodMs ?? ownMs
  return isDisruptive && !hasOwnCooldown ? Math.max(saidMs, ownMs) : saidMs
}

function rungOf(step: Step, section: LadderSection, about: AboutProblem): readonly LadderRung[] {
  const { entry } = step
  const { strategy } = entry
  if (strategy === undefined || !isRemedy(strategy)) return []
  const { by, isDisruptive, timeoutMs } = REMEDIES[strategy]
  const override = section.overrides.find(({ problem }) => problem === about.type)
  const done = actOf(entry, section, about)
  const isRefused = 'refusal' in done
  return [
    {
      strategy,
      act: isRefused ? { strategy, target: '', parameters: {}, text: done.refusal } : done.act,
      given: isRefused ? {} : done.given,
      refusal: isRefused ? done.refusal : '',
      by,
      isDisruptive,
      timeoutMs: entry.timeoutMs ?? timeoutMs,
      isEnabled: entry.enabled,
      types: entry.for,
      minSeverity: entry.minSeverity ?? section.minSeverity,
      cooldownMs: override?.cooldownMs ?? cooldownOf(step, strategy, section),
      maxAttempts: override?.maxAttempts ?? entry.maxAttempts ?? section.maxAttempts,
      verifyWithinMs: entry.verifyWithinMs ?? section.verifyWithinMs,
      mode: entry.mode ?? 'act',
    },
  ]
}

/**
 * The ladder of a block for a problem: its strategy first, then `strategies` by `priority` (the lowest first, of equals as they
 * stand), nested ones depth first.
 * @param block of a check, or of a plug-in; undefined: nothing is done
 */
export function rungsOf(
  block: RemediationEntry | undefined,
  section: LadderSection,
  about: AboutProblem,
): readonly LadderRung[] {
  if (block === undefined) return []
  return stepsOf(block, {}, true).flatMap((step) => rungOf(step, section, about))
}

/** The block that a problem's repairs stand in: of its check, or of the plug-in that tells of it. */
export function blockOf(
  { monitors, plugins }: Pick<NodeDoctorConfig, 'monitors' | 'plugins'>,
  { check, monitor }: { readonly check: string; readonly monitor: string },
): RemediationEntry | undefined {
  const plugin = plugins.find(({ name }) => name === monitor)
  if (plugin !== undefined) return plugin.remediation
  return monitors.find((entry) => entry.name === check && entry.monitor === monitor && entry.enabled)?.remediation
}

/** Every strategy that a configuration has, with what it inherits; those that are switched off too. */
export function strategiesOf(config: Pick<NodeDoctorConfig, 'monitors' | 'plugins'>): readonly RemediationEntry[] {
  const blocks = [...config.monitors.filter(({ enabled }) => enabled), ...config.plugins].flatMap(({ remediation }) =>
    remediation === undefined ? [] : [remediation],
  )
  return blocks.flatMap((block) => stepsOf(block, {}, true).map(({ entry }) => entry))
}
