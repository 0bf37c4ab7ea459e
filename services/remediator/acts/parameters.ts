/** What an act is given, as texts. */
import type { Act } from '#model'

/** Whole seconds. undefined: not said, or no such number. */
export function secondsOf({ parameters }: Act, key: string): number | undefined {
  const text = parameters[key] ?? ''
  return /^\d{1,7}$/.test(text) ? Number(text) : undefined
}

/** The pod of "pod:default/web-1". undefined: it names none. */
export function podOf({ target }: Act): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^pod:([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(target) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}
