/** One strategy for one problem as an act: what is done, to what, with which parameters. Pure. */

import { HIDDEN, isSecretName, withoutSecretArguments } from '#config/secret-arguments'
import type { NodeDoctorConfig, RemediationEntry } from '#config/types'
import type { Act } from '#model'
import { isRemedy, REMEDIES, type RemedyName } from './table.ts'
import { type AboutProblem, targetOf } from './targets.ts'
import { textOf } from './text.ts'

/** What of the configuration acts follow from, beside their own blocks. */
export type ActSection = Pick<NodeDoctorConfig['remediation'], 'diskCleanup'>

/** What `taint` puts on a node where nobody says it. */
export const DEFAULT_TAINT = 'node-doctor.io/unhealthy:NoSchedule'

/** An act, and what whoever carries it out is given; or why there is none, in one line. */
export type ActOrRefusal = Doing | { readonly refusal: string }

/** `act` is journalled, told and shown: values of secrets in it are hidden. `given` are its parameters as they are written: for whoever does it alone. */
export interface Doing {
  readonly act: Act
  readonly given: Readonly<Record<string, string>>
}

type Values = Readonly<Record<string, string | undefined>>

/** Sorted by name, without what is not said. */
function sorted(values: Values): Readonly<Record<string, string>> {
  const said = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function cleanup({ diskCleanup }: ActSection): Values {
  const { untilUsedPercent, journalMaxBytes, logRoots, logsOlderThanMs, tempRoots, tempOlderThanMs, images } =
    diskCleanup
  return {
    untilUsedPercent: String(untilUsedPercent),
    journalMaxBytes: String(journalMaxBytes),
    logRoots: JSON.stringify(logRoots),
    logsOlderThanMs: String(logsOlderThanMs),
    tempRoots: JSON.stringify(tempRoots),
    tempOlderThanMs: String(tempOlderThanMs),
    images: String(images),
  }
}

function drained({ drain }: RemediationEntry): Values {
  const gracePeriodMs = drain?.gracePeriodMs
  return {
    force: String(drain?.force ?? false),
    deleteEmptyDirData: String(drain?.deleteEmptyDirData ?? false),
    gracePeriodMs: gracePeriodMs === undefined ? undefined : String(gracePeriodMs),
  }
}

/** Every parameter is text: durations are whole milliseconds, lists JSON. */
const PARAMETERS: Readonly<Partial<Record<RemedyName, (entry: RemediationEntry, section: ActSection) => Values>>> = {
  'disk-cleanup': (_, section) => cleanup(section),
  'custom-script': ({ args = [] }) => ({ args: JSON.stringify(args) }),
  taint: ({ taint = DEFAULT_TAINT }) => ({ taint }),
  drain: drained,
  'node-reboot': drained,
  'external-action': ({ parameters = {} }) => parameters,
}

/** What of the parameters people may see. */
const SHOWN: Readonly<Partial<Record<RemedyName, (entry: RemediationEntry) => Values>>> = {
  'custom-script': ({ args = [] }) => ({ args: JSON.stringify(withoutSecretArguments(args)) }),
  'external-action': ({ parameters = {} }) =>
    Object.fromEntries(
      Object.entries(parameters).map(([key, value]) => [
        key,
        isSecretName(key) ? HIDDEN : withoutSecretArguments([value]).join(''),
      ]),
    ),
}

/**
 * What a strategy would do about a problem. Nothing of the problem is in it but, of `disk-cleanup` and `pod-delete`, a path or a pod's
 * name, and of these only what means nothing to a shell.
 */
export function actOf(entry: RemediationEntry, section: ActSection, about: AboutProblem): ActOrRefusal {
  const { strategy } = entry
  if (strategy === undefined || !isRemedy(strategy)) return { refusal: 'the block names no strategy' }
  const { target: kind, neverFor } = REMEDIES[strategy]
  if (neverFor.includes(about.type)) return { refusal: `${strategy} is never for ${about.type}` }
  const found = targetOf(kind, entry, about)
  if ('refusal' in found) return found
  const { target } = found
  const given = sorted(PARAMETERS[strategy]?.(entry, section) ?? {})
  const parameters = sorted(SHOWN[strategy]?.(entry) ?? given)
  return { act: { strategy, target, parameters, text: textOf(strategy, target, parameters) }, given }
}
