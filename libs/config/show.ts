/** The configuration for people: where each value comes from, secrets hidden. */
import { HIDDEN, isSecretKey, withoutUserinfo } from './secrets.ts'
import type { NodeDoctorConfig } from './types.ts'

/** The whole configuration as plain data that may be printed: secrets hidden by their keys, URLs without user and password. */
export function withoutSecrets(config: NodeDoctorConfig): NodeDoctorConfig {
  return hide(config, '') as NodeDoctorConfig
}

function hide(value: unknown, key: string): unknown {
  if (isSecretKey(key) && (typeof value === 'string' || typeof value === 'number')) return HIDDEN
  if (typeof value === 'string') return withoutUserinfo(value)
  if (Array.isArray(value)) return value.map((item) => hide(item, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hide(item, name)]))
}
