/** What of a URL is asked where. */

/** The host without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

/** A redirection may lead to a path of 16 KiB. */
const PATH_SHOWN = 200

/** For people and logs, not to be asked by: without a user, a password, what may be secret in the query, and the end of a long path. */
export function urlText({ protocol, host, pathname }: URL): string {
  const path = pathname.length > PATH_SHOWN ? `${pathname.slice(0, PATH_SHOWN)}…` : pathname
  return `${protocol}//${host}${path}`
}
