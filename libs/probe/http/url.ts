/** What of a URL is asked where. */

/** The host without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

/** For people and logs: without a user, a password, and what may be secret in the query. */
export function urlText({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}
