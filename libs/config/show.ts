/** The configuration for people: where each value comes from, secrets hidden. */
import { ARGUMENTS, ENVIRONMENT } from './layers/hide.ts'
import { withoutSecretArguments } from './secret-arguments.ts'
import { HIDDEN, isSecretKey, withoutUserinfo } from './secrets.ts'
import type { NodeDoctorConfig } from './types.ts'

/**
 * The whole configuration as plain data that may be printed: secrets hidden by their keys and by the variables that they are made
 * of, URLs without user and password, and what a program is given without its secrets.
 */
export function withoutSecrets(config: NodeDoctorConfig): NodeDoctorConfig {
  const hidden = config.settingsInForce.set.filter(({ value }) => value === HIDDEN).map(({ key }) => key)
  return hide(config, '', { path: '', hidden: new Set(hidden) }) as NodeDoctorConfig
}

interface At {
  /** As settings in force name it: "monitors.disk-space.config.paths[0]". */
  readonly path: string
  readonly hidden: ReadonlySet<string>
}

function hide(value: unknown, key: string, at: At): unknown {
  if (at.hidden.has(at.path)) return HIDDEN
  if (isSecretKey(key) && (typeof value === 'string' || typeof value === 'number')) return HIDDEN
  if (typeof value === 'string') return withoutUserinfo(value)
  if (Array.isArray(value)) return hideItems(value, key, at)
  if (typeof value !== 'object' || value === null) return value
  const isGiven = key === ENVIRONMENT
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const path = at.path === '' ? name : `${at.path}.${name}`
      return [name, isGiven && typeof item === 'string' ? HIDDEN : hide(item, name, { ...at, path })]
    }),
  )
}

function hideItems(items: readonly unknown[], key: string, at: At): unknown[] {
  const isTexts = items.every((item) => typeof item === 'string')
  const shown: readonly unknown[] = key === ARGUMENTS && isTexts ? withoutSecretArguments(items) : items
  return shown.map((item, index) => hide(item, key, { ...at, path: pathOf(item, index, at) }))
}

function pathOf(item: unknown, index: number, { path }: At): string {
  const isNamed = path === 'monitors' || path === 'plugins'
  const name = isNamed && typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined
  return typeof name === 'string' ? `${path}.${name}` : `${path}[${index}]`
}
