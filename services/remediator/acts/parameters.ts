/** What an act is given, as texts: libs/remedies says which. */
import type { Act } from '#model'

/** What is said in whole milliseconds, in seconds as Kubernetes counts: never less. undefined: not said, or no such number. */
export function secondsOf({ parameters }: Act, key: string): number | undefined {
  const text = parameters[key] ?? ''
  return /^\d{1,10}$/.test(text) ? Math.ceil(Number(text) / 1000) : undefined
}

/** The pod of "pod:default/web-1". undefined: it names none. */
export function podOf({ target }: Act): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^pod:([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(target) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}
