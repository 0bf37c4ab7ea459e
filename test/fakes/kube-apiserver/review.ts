/** SelfSubjectReview: who asks, as the server knows him. Nothing is kept. */
import { checkMedia, parseWriteOptions, readBody } from './body.ts'
import type { JsonObject } from './json.ts'
import type { User } from './types.ts'
import type { Write } from './write.ts'

/** @throws Refusal 400, 415 for what is no such review */
export function review({ ask, resource, text, contentType, warn }: Write, user: User, now: Date): JsonObject {
  const { validation } = parseWriteOptions(ask.query, 'CreateOptions')
  checkMedia(contentType)
  readBody(resource, { text, validation, warn })
  const groups = user.groups ?? [user.rules === 'all' ? 'system:masters' : 'limited']
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { creationTimestamp: `${now.toISOString().slice(0, 19)}Z` },
    status: { userInfo: { username: user.name, groups: [...groups, 'system:authenticated'] } },
  }
}
