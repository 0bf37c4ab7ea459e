/**
 * Where the API server is and who we are there: a kubeconfig, or the pod's own account. The one wrapper of
 * `@kubernetes/client-node`, of which only this part is used and bundled: its generated classes cost 18 MiB
 * (docs/dependencies.md). It is loaded when first asked for.
 */
import { existsSync, readFileSync } from 'node:fs'
import { type Clock, systemClock } from '#clock'
import { KubeAccessError, KubeNowhereError } from './errors.ts'
import { type ApiServerOverride, parseApiServerOverride } from './override.ts'

/** What goes into the connection: all of it is read anew now and then, since tokens and certificates are rotated. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly ca: string | Buffer | undefined
  readonly cert: string | Buffer | undefined
  readonly key: string | Buffer | undefined
  readonly serverName: string | undefined
  /** Whose certificate it must be, where that is not the address asked: "10.96.0.1". */
  readonly identity?: string | undefined
  /** true unless the kubeconfig says insecure-skip-tls-verify. */
  readonly verify: boolean
}

/** The way to one API server, and who we are there. */
export interface KubeAccess {
  /** "https://10.96.0.1:443", without the last slash; after a renewal it may be another. */
  readonly server: string
  /** For people: "the pod's service account", "kubeconfig /etc/kubernetes/kubelet.conf, context ndh". */
  readonly origin: string
  /** Namespace of the context or the pod; "" when none is said. */
  readonly namespace: string
  /** @throws KubeAccessError when a file cannot be read or a credential plug-in fails */
  credentials(): Promise<Credentials>
  /** Forgets everything read so far: the server refused it. */
  renew(): void
}

/** Where the way to the API server is looked for. */
export interface AccessOptions {
  /** As node-problem-detector's `--apiserver-override` says it; goes before all other ways. Default "": nothing is said. */
  readonly apiserver?: string | undefined
  /** A file; goes before the environment. undefined: the pod's account, else KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where a pod's account lies. Default "/var/run/secrets/kubernetes.io/serviceaccount". */
  readonly accountDir?: string | undefined
  /** By which what was read grows old. Default one of its own. */
  readonly clock?: Clock
}

/** What of the client's KubeConfig is used here. */
interface ClientConfig {
  loadFromFile(file: string): void
  getCurrentContext(): string | undefined
  getContextObject(name: string): { readonly namespace?: string } | null
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string } | null
  getCurrentUser(): { readonly authProvider?: { readonly name?: string } } | null
  /** Reads files, runs a credential plug-in, and fills in what it found. */
  applyToHTTPSOptions(options: ConnectionOptions): Promise<void>
}

interface ConnectionOptions {
  headers?: unknown
  auth?: unknown
  ca?: unknown
  cert?: unknown
  key?: unknown
  servername?: string
  rejectUnauthorized?: boolean
}

/** What was read stays good for this long; client-go re-reads a token as often. */
const FRESH_MS = 60_000
const ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Ways to log in that people use on laptops, whose code is left out of the bundle (scripts/build/lean.ts). */
const LEFT_OUT = new Set(['azure', 'gcp', 'oidc'])

/** Finds the way to the API server. @throws KubeNowhereError where nothing says it; KubeAccessError naming the file or variable and what is expected */
export async function findAccess(options: AccessOptions): Promise<KubeAccess> {
  const { env, apiserver = '', clock = systemClock() } = options
  if (apiserver !== '') return byOverride(parseApiServerOverride(apiserver), options)
  const file = options.kubeconfig ?? (inPod(env) ? undefined : ownKubeconfig(env))
  if (file !== undefined && file !== '') return fromFile(file, clock)
  if (inPod(env)) return fromPod(options)
  throw new KubeNowhereError(
    'the environment',
    'this is no pod (KUBERNETES_SERVICE_HOST is not set) and no kubeconfig is named; set settings.kubeconfig (--set settings.kubeconfig=FILE; of cleanup --kubeconfig FILE), or KUBECONFIG',
  )
}

async function byOverride(override: ApiServerOverride, options: AccessOptions): Promise<KubeAccess> {
  const { inCluster, auth, useServiceAccount } = override
  const { accountDir = ACCOUNT_DIR, clock = systemClock() } = options
  if (inCluster && !inPod(options.env))
    throw new KubeAccessError(
      'the environment',
      'this is no pod (KUBERNETES_SERVICE_HOST is not set); write inClusterConfig=false, and auth=KUBECONFIG where the server asks who it is',
    )
  const found = inCluster
    ? fromPod(options, override)
    : auth === ''
      ? fromServer(override)
      : await fromFile(auth, clock)
  if (!useServiceAccount) return found
  const fresh = createFresh(clock, async () => {
    const credentials = await found.credentials()
    const token = readToken(accountDir)
    if (token === undefined) return credentials
    return { ...credentials, headers: { ...credentials.headers, authorization: `Bearer ${token}` } }
  })
  return {
    get server() {
      return found.server
    },
    origin: `${found.origin}, with the pod's token`,
    namespace: found.namespace,
    credentials: fresh.get,
    renew() {
      found.renew()
      fresh.forget()
    },
  }
}

/** Undefined where there is none to read. */
function readToken(dir: string): string | undefined {
  try {
    return readFileSync(`${dir}/token`, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** A server that asks nobody who he is. */
function fromServer({ server, insecure }: ApiServerOverride): KubeAccess {
  const nothing = { headers: {}, ca: undefined, cert: undefined, key: undefined, serverName: undefined }
  return {
    server,
    origin: `the address ${server}`,
    namespace: '',
    credentials: () => Promise.resolve({ ...nothing, verify: !insecure }),
    renew: () => undefined,
  }
}

/** As kubectl finds it: KUBECONFIG (its first file), else ~/.kube/config. */
function ownKubeconfig(env: AccessOptions['env']): string | undefined {
  const named = (env['KUBECONFIG'] ?? '').split(':').find((path) => path !== '')
  if (named !== undefined) return named
  const own = `${env['HOME'] ?? ''}/.kube/config`
  return existsSync(own) ? own : undefined
}

function inPod(env: AccessOptions['env']): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== ''
}

/**
 * The token and the certificate are read here and not by the client: it keeps a token for a minute whatever the server
 * says of it, and has no place for another folder.
 */
function fromPod(
  { env, accountDir = ACCOUNT_DIR, clock = systemClock() }: AccessOptions,
  { server, insecure }: Pick<ApiServerOverride, 'server' | 'insecure'> = { server: '', insecure: false },
): KubeAccess {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  const fresh = createFresh(clock, () => {
    const token = readPart(accountDir, 'token').trim()
    return {
      headers: { authorization: `Bearer ${token}` },
      ca: insecure ? undefined : readPart(accountDir, 'ca.crt'),
      cert: undefined,
      key: undefined,
      serverName: undefined,
      verify: !insecure,
    }
  })
  return {
    server: server === '' ? `https://${host.includes(':') ? `[${host}]` : host}:${port}` : server,
    origin: "the pod's service account",
    namespace: readNamespace(accountDir),
    credentials: fresh.get,
    renew: fresh.forget,
  }
}

function readPart(dir: string, name: string): string {
  const path = `${dir}/${name}`
  try {
    return readFileSync(path, 'utf8')
  } catch (err) {
    throw new KubeAccessError(
      path,
      `${err instanceof Error ? err.message : String(err)}; give the container the pod's service-account token`,
      err,
    )
  }
}

function readNamespace(dir: string): string {
  try {
    return readFileSync(`${dir}/namespace`, 'utf8').trim()
  } catch {
    // Nothing that is asked of the server needs it.
    return ''
  }
}

function loadFile(KubeConfig: new () => ClientConfig, file: string): ClientConfig {
  const config = new KubeConfig()
  try {
    config.loadFromFile(file)
  } catch (err) {
    throw new KubeAccessError(`kubeconfig ${file}`, err instanceof Error ? err.message : String(err), err)
  }
  return config
}

/** The cluster of the current context. @throws KubeAccessError for what cannot be used, saying what to use instead */
function clusterOf(file: string, config: ClientConfig) {
  const refuse = (why: string) => new KubeAccessError(`kubeconfig ${file}`, why)
  if (config.getCurrentContext() === undefined) throw refuse('it has no current-context; is it a kubeconfig?')
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw refuse(`its current-context "${config.getCurrentContext()}" names no cluster of the file`)
  const provider = config.getCurrentUser()?.authProvider?.name ?? ''
  if (LEFT_OUT.has(provider))
    throw refuse(`auth-provider "${provider}" is not supported; use a token, a client certificate or exec`)
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '')
    throw refuse('proxy-url is not supported; an agent reaches its API server directly')
  return cluster
}

async function readCredentialsOf(file: string, config: ClientConfig): Promise<Credentials> {
  const now = clusterOf(file, config)
  // The client refuses plain HTTP unless this is set; there is nothing to verify there.
  if (now.server.startsWith('http:')) Object.assign(now, { skipTLSVerify: true })
  const options: ConnectionOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (err) {
    throw new KubeAccessError(`kubeconfig ${file}`, err instanceof Error ? err.message : String(err), err)
  }
  const basic =
    typeof options.auth === 'string' ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {}
  return {
    headers: { ...basic, ...stringHeaders(options.headers) },
    ca: pem(options.ca),
    cert: pem(options.cert),
    key: pem(options.key),
    serverName: options.servername,
    verify: options.rejectUnauthorized !== false,
  }
}

async function fromFile(file: string, clock: Clock): Promise<KubeAccess> {
  const { KubeConfig } = (await import('@kubernetes/client-node/dist/config.js')) as unknown as {
    readonly KubeConfig: new () => ClientConfig
  }
  let config = loadFile(KubeConfig, file)
  clusterOf(file, config)
  const fresh = createFresh(clock, () => readCredentialsOf(file, config))

  return {
    get server() {
      return clusterOf(file, config).server.replace(/\/+$/, '')
    },
    origin: `kubeconfig ${file}, context ${config.getCurrentContext()}`,
    namespace: config.getContextObject(config.getCurrentContext() ?? '')?.namespace ?? '',
    credentials: fresh.get,
    renew() {
      fresh.forget()
      try {
        const next = loadFile(KubeConfig, file)
        clusterOf(file, next)
        config = next
      } catch {
        // It is being written; what was read before holds until it can be read again.
      }
    },
  }
}

/** Credentials that are read again after {@link FRESH_MS}. */
function createFresh(clock: Clock, read: () => Credentials | Promise<Credentials>) {
  let kept: { readonly value: Credentials; readonly atMs: number } | undefined
  return {
    async get(): Promise<Credentials> {
      if (kept === undefined || clock.monotonicMs() - kept.atMs > FRESH_MS)
        kept = { value: await read(), atMs: clock.monotonicMs() }
      return kept.value
    },
    forget(): void {
      kept = undefined
    },
  }
}

function stringHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {}
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
    ),
  )
}

function pem(value: unknown): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined
}
