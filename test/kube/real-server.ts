/**
 * A real Kubernetes API server with an etcd of its own, in a folder that goes with it. No scheduler, no controllers, no
 * kubelet. `test/kube/setup.sh` brings what it needs.
 */
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ApiServerUnderTest } from '../fakes/kube-apiserver/server.ts'
import { writeKubeconfigFile } from '../fakes/kube-apiserver/tls.ts'
import { createApi } from './api.ts'
import { grant, prepare, standInTheWay } from './real-objects.ts'

export interface RealApiServer extends ApiServerUnderTest {
  /** Logs (`etcd.log`, `kube-apiserver.log`), keys, data. */
  readonly dir: string
}

const ADMIN_TOKEN = 'admin-token'
/** Users are read from a file once, at the start; they are handed out one by one. */
const USERS = 64
const READY_MS = 60_000
const BINARY = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor/kubernetes/kube-apiserver')

interface Child {
  readonly pid: number | undefined
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  kill(): Promise<void>
}

/** Ready to take requests once this resolves. @throws Error saying what is missing, or the end of its log */
export async function startRealApiServer(): Promise<RealApiServer> {
  if (!existsSync(BINARY))
    throw new Error(`there is no API server to test with at ${BINARY}; run test/kube/setup.sh, which builds it`)
  const dir = mkdtempSync(join(tmpdir(), 'kube-apiserver-'))
  const [etcdPort, peerPort, port] = await freePorts(3)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(dir, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }))
  const users = Array.from({ length: USERS }, (_, i) => `token-${i + 1},user-${i + 1},${i + 1},"limited"`)
  writeFileSync(join(dir, 'tokens.csv'), `${[`${ADMIN_TOKEN},admin,0,"system:masters"`, ...users].join('\n')}\n`)

  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const peerUrl = `http://127.0.0.1:${peerPort}`
  const etcd = start(dir, 'etcd', 'etcd', [
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
  ])
  const url = `https://127.0.0.1:${port}`
  const startServer = () =>
    start(dir, 'kube-apiserver', BINARY, [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--secure-port=${port}`,
      `--cert-dir=${join(dir, 'certs')}`,
      '--allow-privileged=true',
      '--service-account-issuer=https://kubernetes.test',
      `--service-account-key-file=${join(dir, 'sa.key')}`,
      `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--token-auth-file=${join(dir, 'tokens.csv')}`,
    ])
  let server: Child | undefined = startServer()
  let handedOut = 0

  async function close(): Promise<void> {
    await server?.kill()
    await etcd.kill()
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }

  const certificate = join(dir, 'certs/apiserver.crt')
  const own = { url, adminToken: ADMIN_TOKEN }
  const api = () => createApi({ ...real, ca: readFileSync(certificate, 'utf8') })

  async function untilReady(): Promise<void> {
    const deadlineMs = performance.now() + READY_MS
    for (;;) {
      const answer = existsSync(certificate)
        ? await api()
            .get('/readyz')
            .catch(() => undefined)
        : undefined
      if (answer?.status === 200) return
      if (performance.now() > deadlineMs) {
        const log = readFileSync(join(dir, 'kube-apiserver.log'), 'utf8').slice(-2000)
        throw new Error(`the API server at ${url} is not ready after ${READY_MS / 1000} s; the end of its log:\n${log}`)
      }
      await delay(100)
    }
  }

  const real: RealApiServer = {
    ...own,
    dir,
    get ca() {
      return readFileSync(certificate, 'utf8')
    },
    async addUser(rules) {
      handedOut += 1
      if (handedOut > USERS) throw new Error(`all ${USERS} users of this API server are handed out; start another`)
      const name = `user-${handedOut}`
      await grant(api(), name, rules)
      return { token: `token-${handedOut}`, name }
    },
    async stopStore() {
      etcd.signal('SIGSTOP')
    },
    async goOnWithStore() {
      etcd.signal('SIGCONT')
    },
    refuseEviction: (namespace, pod, budget = pod) => standInTheWay(api(), { namespace, pod, budget }),
    writeKubeconfig: (path, token = ADMIN_TOKEN) =>
      writeKubeconfigFile(path, { server: url, ca: readFileSync(certificate, 'utf8'), token }),
    async down() {
      await server?.kill()
      server = undefined
    },
    async up() {
      server ??= startServer()
      await untilReady()
    },
    close,
  }
  try {
    await untilReady()
    await prepare(api())
  } catch (err) {
    await close()
    throw err
  }
  return real
}

/** It ends with us, however we end. */
function start(dir: string, name: string, command: string, args: readonly string[]): Child {
  const log = openSync(join(dir, `${name}.log`), 'a')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['ignore', log, log], cwd: dir })
  closeSync(log)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  return {
    pid: child.pid,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      return typeof address === 'object' && address !== null ? address.port : 0
    }),
  )
}
