/** The configuration for people: where each value comes from, secrets hidden. */
import { ARGUMENTS, ENVIRONMENT, shownKey } from './layers/hide.ts'
import { withoutSecretArguments } from './secret-arguments.ts'
import { HIDDEN, isSecretKey, withoutUserinfo } from './secrets.ts'
import type { NodeDoctorConfig } from './types.ts'

/**
 * The whole configuration as plain data that may be printed: secrets hidden by their keys and by the variables that they are made
 * of, URLs without user and password, and what a program is given without its secrets.
 */
export function withoutSecrets(config: NodeDoctorConfig): NodeDoctorConfig {
  const hidden = config.settingsInForce.set.filter(({ value }) => value === HIDDEN).map(({ key }) => key)
  const { catalog, ...own } = config
  return { ...(hide(own, '', { path: '', hidden: new Set(hidden) }) as NodeDoctorConfig), catalog }
}

interface At {
  /** As settings in force name it: "monitors.disk-space.config.paths[0]". */
  readonly path: string
  readonly hidden: ReadonlySet<string>
}

function hide(value: unknown, key: string, at: At): unknown {
  if (at.hidden.has(at.path)) return HIDDEN
  if (key === ENVIRONMENT) return allHidden(value)
  if (key === ARGUMENTS) return hideArguments(value, at)
  if (isSecretKey(key) && (typeof value === 'string' || typeof value === 'number')) return HIDDEN
  if (typeof value === 'string') return withoutUserinfo(value)
  if (Array.isArray(value)) return value.map((item, index) => hide(item, key, { ...at, path: pathOf(item, index, at) }))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const shown = shownKey(name)
      const path = at.path === '' ? shown : `${at.path}.${shown}`
      return [shown, hide(item, name, { ...at, path })]
    }),
  )
}

/** Names stay, where they are some. */
function allHidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(allHidden)
  if (typeof value !== 'object' || value === null) return HIDDEN
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [shownKey(name, [ENVIRONMENT]), allHidden(item)]),
  )
}

/** Arguments one by one; what is none is hidden as a whole. */
function hideArguments(value: unknown, at: At): unknown {
  if (!Array.isArray(value)) return allHidden(value)
  const isOne = (item: unknown) => typeof item !== 'object' || item === null
  const texts = value.map((item) => (isOne(item) ? String(item) : ''))
  const shown = withoutSecretArguments(texts)
  return value.map((item: unknown, index) => {
    if (at.hidden.has(pathOf(item, index, at))) return HIDDEN
    if (!isOne(item)) return allHidden(item)
    return shown[index] === texts[index] ? item : shown[index]
  })
}

function pathOf(item: unknown, index: number, { path }: At): string {
  const isNamed = path === 'monitors' || path === 'plugins'
  const name = isNamed && typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined
  return typeof name === 'string' ? `${path}.${name}` : `${path}[${index}]`
}
