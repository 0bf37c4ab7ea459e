/** What may be shown of a URL, and what an endpoint without a name is called. Pure. */

/** Scheme, host, port and path: without a user, a password, and what may be secret in the query. */
export function plainAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}
