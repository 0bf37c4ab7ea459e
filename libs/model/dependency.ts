/**
 * `dependsOn` and `explainedBy`: while what a check depends on is not well, its problems say nothing about their own subject. That
 * is so as soon as something is seen there, before it lasted: who looks first is not to be blamed first. Of `dependsOn`, which
 * somebody wrote, everything counts that is as grave; something lighter holds nothing back. Of `explainedBy`, which nobody had to
 * write, only what is critical: a link that is slow for good, or one of two gateways, does not explain that names are not
 * resolved; nothing that a monitor had seen which is lost; and nothing beside which the check was well for long: either would hide for
 * ever what comes after it. A name is that of a check
 * or a monitor of this configuration; what a plug-in that nobody configured calls its checks concerns nobody but itself.
 */
import { explainsSince, lastWell, WELL_BESIDE_MS } from './beside.ts'
import { createDepths } from './depth.ts'
import type { Draft } from './draft.ts'
import { DETECTOR } from './problem.ts'
import { isAsGrave } from './shadow.ts'
import { type DeclaredCheck, isHeldByOthers, type MonitorDeclaration } from './state.ts'
import type { Observation, Severity, SourceCondition } from './types.ts'

const checksOfDeclaration = new WeakMap<MonitorDeclaration, ReadonlyMap<string, DeclaredCheck>>()

/** A declaration's checks, by name; made once, since they are asked for at every report. */
function checksOf(declaration: MonitorDeclaration): ReadonlyMap<string, DeclaredCheck> {
  const known = checksOfDeclaration.get(declaration)
  if (known !== undefined) return known
  const checks = new Map(declaration.checks.map((check) => [check.check, check]))
  checksOfDeclaration.set(declaration, checks)
  return checks
}

/** Whether what `monitor` says holds back checks of `dependent`. */
function concerns(draft: Draft, monitor: string, dependent: string): boolean {
  if (monitor === dependent || monitor === DETECTOR) return true
  return (draft.monitor(monitor)?.origin ?? 'discovered') !== 'discovered'
}

interface Search {
  readonly draft: Draft
  /** The monitor of the check that is asked about. */
  readonly dependent: string
  /** Declarations whose checks concern it. */
  readonly around: readonly MonitorDeclaration[]
  /** When a look last found well what is asked about, where that is known. */
  readonly wellAt: Date | undefined
  /** Names that were looked at, each as what, since plug-ins may go in circles. */
  readonly seen: Set<string>
}

/** So many names are looked at for one problem: chains of a node have four links, and a plug-in may declare any number. */
const STEPS_MAX = 200

/**
 * Whose check a name means: the dependent's own one, else ours, else a plug-in's. A plug-in may call a check of its own as ours are
 * called, which explains nothing of theirs.
 */
function meant(around: readonly MonitorDeclaration[], name: string, dependent?: string): readonly MonitorDeclaration[] {
  const declaring = around.filter((one) => checksOf(one).has(name))
  const own = declaring.filter((one) => one.name === dependent)
  if (own.length > 0) return own
  const ours = declaring.filter(({ origin }) => origin === 'built-in')
  return ours.length > 0 ? ours : declaring
}

/** A check, or a monitor, that may hold back another. */
interface Holder {
  readonly name: string
  /** From here on its problems hold back. */
  readonly severity: Severity
  /** Nobody wrote that it holds back: what it had is not believed any more once nobody can say whether that stands. */
  readonly isExplaining: boolean
}

/** Whether all that a monitor's check has which may explain stood there for long while what is asked about was well. */
function isOld({ draft, wellAt }: Search, monitor: string, check: string): boolean {
  if (wellAt === undefined) return false
  const since = draft
    .sourcesBy(monitor)
    .filter(({ observation }) => observation.check === check)
    .map((source) => explainsSince(source)?.getTime() ?? Number.NEGATIVE_INFINITY)
  return wellAt.getTime() - Math.max(...since) > WELL_BESIDE_MS
}

/** Whether it has, or is about to have, a problem that is grave enough, or is a monitor that is unreachable. */
function isUnwell(search: Search, { name, severity, isExplaining }: Holder): boolean {
  const { draft, dependent, around } = search
  const isLost = (monitor: string) => draft.monitor(monitor)?.health === 'unreachable'
  if (isLost(name) && concerns(draft, name, dependent)) return true
  const shadows = draft.shadows(name).filter((shadow) => isAsGrave(shadow, severity))
  if (shadows.length === 0) return false
  const declaring = meant(around, name, dependent)
  // Of a monitor that has not answered since the start nobody knows what it declares.
  const isMeant = (monitor: string) => declaring.length === 0 || declaring.some((one) => one.name === monitor)
  const says = (monitor: string) => isMeant(monitor) && concerns(draft, monitor, dependent)
  return [...new Set(shadows.map(({ monitor }) => monitor))].some(
    (monitor) => says(monitor) && !(isExplaining && (isLost(monitor) || isOld(search, monitor, name))),
  )
}

/** The first of what a check depends on that is unwell, or that is held back itself: then it says nothing. */
function holding(
  search: Search,
  { dependsOn, explainedBy = [] }: DeclaredCheck,
  severity: Severity,
): string | undefined {
  return (
    dependsOn.find((name) => isHeld(search, { name, severity, isExplaining: false })) ??
    explainedBy.find((name) => isHeld(search, { name, severity: 'critical', isExplaining: true }))
  )
}

function isHeld(search: Search, holder: Holder): boolean {
  const { around, seen, dependent } = search
  const { name, severity, isExplaining } = holder
  const step = `${severity} ${isExplaining} ${name}`
  if (seen.has(step) || seen.size >= STEPS_MAX) return false
  seen.add(step)
  if (isUnwell(search, holder)) return true
  for (const declaration of meant(around, name, dependent)) {
    const check = checksOf(declaration).get(name)
    if (check !== undefined && holding(search, check, severity) !== undefined) return true
  }
  return false
}

/** The dependency that keeps a problem of this observation from counting, if one does; what is no problem is not held back. */
export function blockingDependency(draft: Draft, monitor: string, observation: Observation): string | undefined {
  const { check: name, health, pending, severity } = observation
  if (health !== 'problem' || pending || name === '' || !draft.hasDependents()) return undefined
  const declaration = draft.declaration(monitor)
  const check = declaration && checksOf(declaration).get(name)
  if (declaration === undefined || check === undefined || !isHeldByOthers(check)) return undefined
  const around = [...draft.declarations()].filter((one) => concerns(draft, one.name, monitor))
  // Plug-ins may have thousands of conditions, and each would have to be held against those of others.
  const source =
    declaration.origin === 'built-in' ? draft.source(monitor, observation.type, observation.entity) : undefined
  const search = { draft, dependent: monitor, around, wellAt: source && lastWell(source), seen: new Set<string>() }
  return holding(search, check, severity)
}

/** Whether it is a problem that does not count, although its monitor answers and nobody said since that its cause is over. */
function isHeldBack({ observation, observed, raised, held, cleared }: SourceCondition): boolean {
  const isProblem = observation.health === 'problem' && observation.pending !== true
  return isProblem && raised === undefined && held !== 'unreachable' && !(cleared !== undefined && observed <= cleared)
}

/** Problems that do not count, those first that may hold back others of them. */
export function heldBack(draft: Draft): readonly SourceCondition[] {
  const held = [...draft.allSources()].filter(isHeldBack)
  if (held.length < 2) return held
  const all = [...draft.declarations()]
  const depthOf = createDepths((name) =>
    meant(all, name).flatMap((one) => {
      const { dependsOn = [], explainedBy = [] } = checksOf(one).get(name) ?? {}
      return [...dependsOn, ...explainedBy]
    }),
  )
  return held.toSorted((a, b) => depthOf(a.observation.check) - depthOf(b.observation.check))
}
