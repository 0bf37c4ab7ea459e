/** The way to the API server in one text, as node-problem-detector's `--apiserver-override` takes it. Pure. */
import { KubeAccessError } from './errors.ts'

/** What such a text says. */
export interface ApiServerOverride {
  /** "https://10.0.0.1:6443"; "": none is said. */
  readonly server: string
  /** The pod's own account and, where `server` says none, its server. Default true. */
  readonly inCluster: boolean
  /** A kubeconfig, whose server counts; "": none. Only without `inCluster`. */
  readonly auth: string
  /** Nobody looks at the server's certificate. Not of a kubeconfig, which says it itself. */
  readonly insecure: boolean
  /** The pod's token goes along, where there is one. */
  readonly useServiceAccount: boolean
}

const SHAPE = 'scheme://host:port?inClusterConfig=false&auth=FILE&insecure=true&useServiceAccount=true'
/** As Go reads truth (strconv.ParseBool). */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** What stands before the last "@" may be a user and a password, however they are written. */
function shown(text: string): string {
  return text.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/|:?\/\/)?.*@/s, '$1(hidden)@')
}

function refused(text: string, why: string): KubeAccessError {
  return new KubeAccessError(`"${shown(text)}"`, `${why}; expected ${SHAPE}`)
}

/** Parts of a URI; every one may be left out. Its user, its path and its fragment say nothing here. */
const URI = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?#]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s

function serverOf(text: string, scheme: string, host: string): string {
  if (scheme === '' || host === '') return ''
  if (scheme !== 'http' && scheme !== 'https') throw refused(text, `there is no way to a server by "${scheme}"`)
  const server = `${scheme}://${host}`
  if (!URL.canParse(server))
    throw refused(text, shown(text).includes(host) ? `"${host}" is no host` : 'its host is none')
  return server
}

/** Options of other names are passed over, as there. @throws KubeAccessError naming the option and what is expected */
export function parseApiServerOverride(text: string): ApiServerOverride {
  const [, scheme = '', host = '', , query = ''] = URI.exec(text) ?? []
  if (/\s|\p{Cc}/u.test(text) || text.startsWith(':')) throw refused(text, 'it is no URI')
  const given = new URLSearchParams(query)
  function truth(name: 'inClusterConfig' | 'insecure' | 'useServiceAccount', otherwise: boolean): boolean {
    const value = given.get(name)
    if (value === null) return otherwise
    if (TRUE.has(value)) return true
    if (FALSE.has(value)) return false
    throw refused(text, `${name} is "${value}", which is neither true nor false`)
  }
  const server = serverOf(text, scheme.toLowerCase(), host)
  const inCluster = truth('inClusterConfig', true)
  const auth = inCluster ? '' : (given.get('auth') ?? '')
  if (!inCluster && auth === '' && server === '') throw refused(text, 'it names no host, no kubeconfig and no pod')
  return {
    server,
    inCluster,
    auth,
    insecure: truth('insecure', false),
    useServiceAccount: truth('useServiceAccount', false),
  }
}

/** Why the text says no way to an API server, and what is expected; undefined: it says one, which nobody has tried. */
export function apiServerFault(text: string): string | undefined {
  try {
    parseApiServerOverride(text)
    return undefined
  } catch (err) {
    if (err instanceof KubeAccessError) return err.fault
    throw err
  }
}
