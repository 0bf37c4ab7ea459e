/** Keys of the buckets. */
import { encodeToken, joinTokens } from './tokens.ts'

/** An empty entity is the node; no entity's own text has this token, since "_" stands only before a hash. */
const NODE = '_'

function entityToken(entity: string): string {
  return entity === '' ? NODE : encodeToken(entity)
}

export const keys = {
  source: (key: { readonly monitor: string; readonly type: string; readonly entity: string }): string =>
    joinTokens(encodeToken(key.monitor), encodeToken(key.type), entityToken(key.entity)),
  condition: (key: { readonly type: string; readonly entity: string }): string =>
    joinTokens(encodeToken(key.type), entityToken(key.entity)),
  problem: (fingerprint: string): string => joinTokens(encodeToken(fingerprint)),
  monitor: (name: string): string => joinTokens(encodeToken(name)),
} as const
