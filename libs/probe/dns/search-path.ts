/** Which names a resolver tries for one that is not absolute. */
import { absoluteName } from './name.ts'
import type { ResolvConf } from './resolv-conf.ts'

/**
 * The absolute names that glibc tries for a name, in turn, until one has an answer (2.36, resolv/res_query.c: `res_search`). One
 * with as many dots as `ndots` says is tried first as it is, others last. Names that cannot be asked for are left out, and of one
 * that is tried twice (`search .`) the second.
 * @param hostDomain what is behind the first dot of the host's own name, which stands where the file has no search path
 */
export function searchNames(
  name: string,
  { search, ndots, flags }: Pick<ResolvConf, 'search' | 'ndots' | 'flags'>,
  hostDomain = '',
): readonly string[] {
  const dots = name.split('.').length - 1
  const domains = search ?? (hostDomain === '' ? [] : [hostDomain])
  const asItIs = absoluteName(name)
  const isAbsolute = name.endsWith('.')
  const searched = isAbsolute ? [] : domains.map((domain) => absoluteName(behind(name, domain)))
  const isBare = dots === 0 && domains.length > 0 && flags.some((flag) => /^no[-_]tld[-_]query$/.test(flag))
  const isFirst = isAbsolute || dots >= ndots
  const tried = isFirst ? [asItIs, ...searched] : [...searched, ...(isBare ? [] : [asItIs])]
  return [...new Set(tried.filter((one) => one !== undefined))]
}

/** `search .` is the root, and of ".example" the dot does not count. */
function behind(name: string, domain: string): string {
  const plain = domain.replace(/^\./, '')
  return plain === '' ? `${name}.` : `${name}.${plain}`
}
