/** os-release(5): what runs on the node, as one label. Pure. */

/** The text of a value: without its quotes, and what is escaped in them. */
function unquoted(value: string): string {
  const quote = /^(["'])(.*)\1$/.exec(value)
  if (quote === null) return value
  return quote[1] === "'" ? (quote[2] ?? '') : (quote[2] ?? '').replace(/\\([\\"$`])/g, '$1')
}

/** Values by key. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line)
    if (match?.[1] !== undefined) values.set(match[1], unquoted(match[2] ?? ''))
  }
  return values
}

/** Systems of which NPD tells ID and VERSION, whatever VERSION is. */
const KNOWN = /^(?:debian|ubuntu|centos|rocky|rhel|ol|amzn|sles|mariner|azurelinux|flatcar)$/

/**
 * "debian 12 (bookworm)", "cos 77-12293.0.0". NPD ends at a system that it does not know; here that is told in the same way, by
 * VERSION_ID where it has no VERSION, by its ID alone where it has neither. Undefined: it names no system.
 */
export function osVersionOf(release: ReadonlyMap<string, string>): string | undefined {
  const id = release.get('ID') ?? ''
  const version = release.get('VERSION') ?? ''
  if (id === '') return undefined
  if (id === 'cos') return `${id} ${version}-${release.get('BUILD_ID') ?? ''}`
  if (KNOWN.test(id)) return `${id} ${version}`
  return `${id} ${version === '' ? (release.get('VERSION_ID') ?? '') : version}`.trimEnd()
}
