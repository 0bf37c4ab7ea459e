/** Who asks, and whether they may: tokens, and rules as RBAC has them. */

import type { Ask } from './ask.ts'
import { Refusal, unauthorized } from './status.ts'
import type { Rule, User } from './types.ts'

/** What everybody may read, known or not (system:public-info-viewer): of health the whole, not each check. */
const PUBLIC = /^\/(healthz|livez|readyz|version|version\/)$/
/** What everybody who is known may read besides (system:discovery). */
const DISCOVERY = /^\/(api|apis|openapi)(\/|$)/
/** What everybody who is known may ask (system:basic-user): who he is. */
const BASIC = 'selfsubjectreviews'
const ANONYMOUS = 'system:anonymous'

export interface Access {
  /** @throws Refusal 401 for a token that nobody has */
  authenticate(authorization: string | undefined): User
  addToken(token: string, user: User): void
  removeToken(token: string): void
}

export function createAccess(tokens: Readonly<Record<string, User>>, anonymous: User['rules']): Access {
  const users = new Map(Object.entries(tokens))
  return {
    authenticate(authorization) {
      if (authorization === undefined) return { name: ANONYMOUS, rules: anonymous }
      const user = users.get(/^Bearer (.+)$/i.exec(authorization)?.[1]?.trim() ?? '')
      if (user === undefined) throw unauthorized()
      return user
    },
    addToken: (token, user) => void users.set(token, user),
    removeToken: (token) => void users.delete(token),
  }
}

/** @throws Refusal 403 in the real server's words */
export function authorize(user: User, ask: Ask): void {
  if (user.rules === 'all' || (ask.verb === 'get' && PUBLIC.test(ask.path))) return
  if (isKnown(user) && ask.verb === 'create' && ask.resource === BASIC) return
  if (ask.resource === '') {
    if (isKnown(user) && ask.verb === 'get' && (DISCOVERY.test(ask.path) || ask.path === '/')) return
    throw forbidden(`forbidden: User "${user.name}" cannot ${ask.verb} path "${ask.path}"`, {})
  }
  const name = nameOf(ask)
  if (user.rules.some((rule) => permits(rule, ask, name))) return
  const { group, plural, namespace, verb } = ask
  const qualified = group === '' ? plural : `${plural}.${group}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  throw forbidden(
    `${qualified}${name === '' ? '' : ` "${name}"`} is forbidden: User "${user.name}" cannot ${verb} resource "${ask.resource}" in API group "${group}" ${where}`,
    { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural },
  )
}

/** Without a token one is known where this fake lets everybody in. */
function isKnown({ name, rules }: User): boolean {
  return name !== ANONYMOUS || rules === 'all' || rules.length > 0
}

/** A list by one name is judged by that name. */
function nameOf({ name, query, verb }: Ask): string {
  if (name !== '' || (verb !== 'list' && verb !== 'watch')) return name
  const terms = (query.get('fieldSelector') ?? '').split(',')
  return terms.map((term) => /^metadata\.name==?(.+)$/.exec(term)?.[1]).find((one) => one !== undefined) ?? ''
}

function permits({ verbs, resources, apiGroups, namespaces, resourceNames }: Rule, ask: Ask, name: string): boolean {
  const has = (list: readonly string[], one: string) => list.includes(one) || list.includes('*')
  return (
    has(verbs, ask.verb) &&
    has(resources, ask.resource) &&
    (apiGroups === undefined || has(apiGroups, ask.group)) &&
    (namespaces === undefined || namespaces.includes(ask.namespace)) &&
    (resourceNames === undefined || resourceNames.includes(name))
  )
}

function forbidden(message: string, details: Record<string, string>): Refusal {
  return new Refusal(403, 'Forbidden', message, details, { 'x-content-type-options': 'nosniff' })
}
