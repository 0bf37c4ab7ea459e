/**
 * What an action is done to. A target follows from the configuration, or from the entity of a problem: of that only a path or a pod's
 * name is taken, whose characters mean nothing to any shell, and whoever acts holds it against the machine itself.
 */
import type { RemediationEntry } from '#config/types'
import type { TargetKind } from './types.ts'

/** What is known of the problem that something is done about. */
export interface AboutProblem {
  readonly type: string
  readonly entity: string
}

/** A target, or why there is none. */
export type TargetOrRefusal = { readonly target: string } | { readonly refusal: string }

/** Suffixes of unit names, systemd.unit(5). */
const UNIT_SUFFIX = /\.(?:service|socket|target|device|mount|automount|swap|timer|path|slice|scope)$/

/** The whole name of a unit: ".service" is added where there is no other suffix, as systemctl does. */
export function unitName(text: string): string {
  return UNIT_SUFFIX.test(text) ? text : `${text}.service`
}

const PLAIN_PATH = /^\/[A-Za-z0-9/._@:+,=-]{0,1023}$/
const DOTS = /(?:^|\/)\.\.(?:\/|$)/
/** RFC 1123: of a namespace, and of a pod. */
const POD = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/** Whether a path may be a target: absolute, without "..", and of characters that mean nothing to any shell. */
export function isPlainPath(path: string): boolean {
  return PLAIN_PATH.test(path) && !DOTS.test(path)
}

/** "/var/" is "/var"; "/" stays. */
function trimmed(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
}

function after(prefix: string, entity: string): string | undefined {
  return entity.startsWith(prefix) ? entity.slice(prefix.length) : undefined
}

function diskOf({ path }: RemediationEntry, { entity }: AboutProblem): TargetOrRefusal {
  const named = path ?? after('disk:', entity)
  if (named === undefined) return { refusal: 'the problem names no disk, and the strategy no path' }
  if (!named.startsWith('/')) return { refusal: 'the problem names a disk by no path' }
  if (!isPlainPath(named)) return { refusal: 'the path of the disk has characters that no target may have' }
  return { target: `disk:${trimmed(named)}` }
}

function podOf({ entity }: AboutProblem): TargetOrRefusal {
  const named = after('pod:', entity)
  if (named === undefined) return { refusal: 'the problem names no pod' }
  return POD.test(named) ? { target: `pod:${named}` } : { refusal: 'the problem names no pod by namespace and name' }
}

function written(kind: string, value: string | undefined, key: string): TargetOrRefusal {
  return value === undefined || value === '' ? { refusal: `${key} is not written` } : { target: `${kind}:${value}` }
}

const OF_KIND: Readonly<Record<TargetKind, (entry: RemediationEntry, about: AboutProblem) => TargetOrRefusal>> = {
  unit: ({ service }) => written('unit', service === undefined ? undefined : unitName(service), 'service'),
  runtime: () => ({ target: 'runtime' }),
  disk: diskOf,
  dns: () => ({ target: 'dns' }),
  routing: () => ({ target: 'routing' }),
  interface: ({ interface: name }) => written('interface', name, 'interface'),
  script: ({ scriptPath }) => written('script', scriptPath, 'scriptPath'),
  pod: (_, about) => podOf(about),
  node: () => ({ target: 'node' }),
  external: ({ plugin, pluginAction }) =>
    plugin === undefined
      ? { refusal: 'plugin is not written' }
      : written(`external`, pluginAction && `${plugin}/${pluginAction}`, 'pluginAction'),
}

/** The target of one strategy for one problem. Never throws, whatever the problem is called. */
export function targetOf(kind: TargetKind, entry: RemediationEntry, about: AboutProblem): TargetOrRefusal {
  return OF_KIND[kind](entry, about)
}
