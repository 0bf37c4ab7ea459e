/** The set as containers, under a name of its own. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployedServices, SERVICES } from '#service-table'
import type { NodeView } from '#view'
import { baseImage } from './base-image.ts'
import type { Engine } from './engine.ts'
import { type Ran, run, tryRun, until } from './exec.ts'

const ROOT = join(import.meta.dirname, '../..')
const IMAGE = 'node-doctor:compose-test'

/** As shipped, but looking often, so that this does not take minutes. A look at disks may be late on a machine that has other work. */
const CONFIG = `apiVersion: node-doctor.io/v1alpha1
kind: NodeDoctorConfig
metadata: { name: compose-test }
defaultMonitors: []
monitors:
  - { name: disks, type: disk-health-check, interval: 3s, timeout: 2500ms }
  - { name: memory, type: system-memory, interval: 1s }
exporters:
  kubernetes: { enabled: true, resyncInterval: 10s }
`

export interface Container {
  readonly id: string
  /** 0: it does not run. */
  readonly pid: number
  readonly started: string
  /** "healthy"; "none" where nobody asks it. */
  readonly health: string
}

export interface Stack {
  readonly services: readonly string[]
  up(): void
  /** Takes everything down, volumes too. */
  down(): void
  container(service: string): Container
  /** Waits until every container runs and says that it is healthy. */
  healthy(ms: number): Promise<void>
  /** A socket's path where the engine's volumes are. */
  socketPath(volume: string, file: string): string
  http(path: string): { status: number; body: string }
  /** What the stand-in of the API server has: objects of a list. */
  kube<T>(path: string): readonly T[]
  view(): NodeView
  exec(service: string, argv: readonly string[]): Ran
  logs(): string
  /** What the engine still has of it. */
  leftovers(): string[]
}

export function createStack(engine: Engine): Stack {
  const project = `nd-test-${process.pid}`
  const dir = mkdtempSync(join(tmpdir(), 'ndc-stack-'))
  const port = 18_000 + (process.pid % 10_000)
  const env = {
    ...engine.env,
    NODE_DOCTOR_IMAGE: IMAGE,
    NODE_DOCTOR_PAGE_PORT: String(port),
    NODE_DOCTOR_METRICS_PORT: String(port + 10_000),
    NODE_DOCTOR_API_PORT: String(port + 20_000),
  }
  const config = join(dir, 'config.yaml')
  writeFileSync(config, CONFIG)
  const mount = { volumes: [`${config}:/etc/node-doctor/config.yaml:ro`] }
  const override = join(dir, 'override.json')
  // Looked at each second too: after each kill all of them are waited for.
  const healthcheck = { interval: '1s' }
  const services = Object.fromEntries(deployedServices(SERVICES).map(({ name }) => [name, { ...mount, healthcheck }]))
  writeFileSync(override, JSON.stringify({ services: { ...services, 'kube-apiserver': { healthcheck } } }))
  const compose = ['docker', 'compose', '-p', project, '-f', join(ROOT, 'docker-compose.yaml'), '-f', override]
  const names = ['pod', ...Object.keys(services), 'kube-apiserver']

  let ids: ReadonlyMap<string, string> | undefined
  /** Container of each service: one that dies is started again and stays the same. */
  function known(): ReadonlyMap<string, string> {
    if (ids !== undefined) return ids
    const label = '{{.Label "com.docker.compose.service"}} {{.ID}}'
    const filter = `label=com.docker.compose.project=${project}`
    const said = run(['docker', 'ps', '--all', '--no-trunc', '--filter', filter, '--format', label], env)
    const lines = said.trim().split('\n')
    const found = new Map(lines.map((line) => line.split(' ') as [string, string]))
    if (names.every((name) => found.has(name))) ids = found
    return found
  }

  /** All that are asked for at once: each question is a program that has to be started. */
  function containers(services: readonly string[]): readonly Container[] {
    const all = known()
    const wanted = services.map((service) => {
      const id = all.get(service)
      if (id === undefined) throw new Error(`there is no container of ${service}`)
      return id
    })
    const format = '{{.State.Pid}} {{.State.StartedAt}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}'
    const lines = run(['docker', 'inspect', '--format', format, ...wanted], env)
      .trim()
      .split('\n')
    return lines.map((line, index) => {
      const [pid = '0', started = '', health = ''] = line.split(' ')
      return { id: wanted[index] ?? '', pid: Number(pid), started, health }
    })
  }

  function container(service: string): Container {
    const [found] = containers([service])
    if (found === undefined) throw new Error(`nothing is known of the container of ${service}`)
    return found
  }

  function http(path: string, at: number = port) {
    const url = `http://127.0.0.1:${at}${path}`
    const { stdout } = engine.tryInside(['curl', '-sS', '--max-time', '5', '-w', '\n%{http_code}', url])
    const end = stdout.lastIndexOf('\n')
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) }
  }

  return {
    services: names,
    container,
    http,
    kube<T>(path: string) {
      const { status, body } = http(path, port + 20_000)
      if (status !== 200) throw new Error(`GET ${path} of the API server answered ${status}: ${body}`)
      return (JSON.parse(body) as { items: readonly T[] }).items
    },
    up() {
      const base = baseImage(engine)
      console.log(run(['bash', 'deploy/images/build.sh'], { ...env, IMAGE, BASE: base }).trim())
      run([...compose, 'up', '--detach', '--no-build'], env)
    },
    down() {
      run([...compose, 'down', '--volumes', '--timeout', '30'], env)
      if (existsSync(dir)) rmSync(dir, { recursive: true })
    },
    async healthy(ms) {
      await until('every container is healthy', ms, () => {
        const sick = containers(names)
          .map((one, index) => ({ name: names[index], ...one }))
          .filter(({ pid, health }) => pid === 0 || !['healthy', 'none'].includes(health))
        if (sick.length > 0)
          throw new Error(sick.map(({ name, health, pid }) => `${name} ${pid === 0 ? 'is down' : health}`).join(', '))
        return true
      })
    },
    socketPath(volume, file) {
      return join(
        run(['docker', 'volume', 'inspect', '--format', '{{.Mountpoint}}', `${project}_${volume}`], env).trim(),
        file,
      )
    },
    view() {
      const { status, body } = http('/status')
      if (status !== 200) throw new Error(`GET /status answered ${status}`)
      return JSON.parse(body) as NodeView
    },
    exec: (service, argv) => tryRun(['docker', 'exec', container(service).id, ...argv], env),
    logs: () =>
      tryRun([...compose, 'logs', '--no-color', '--tail', '12'], env)
        .stdout.split('\n')
        .map((line) => line.slice(0, 400))
        .join('\n'),
    leftovers() {
      const label = `label=com.docker.compose.project=${project}`
      const kinds = [
        ['ps', '--all', '--quiet'],
        ['volume', 'ls', '--quiet'],
        ['network', 'ls', '--quiet'],
      ]
      const known = kinds.flatMap((kind) => run(['docker', ...kind, '--filter', label], env).split('\n'))
      const mounts = engine
        .inside(['cat', '/proc/self/mounts'])
        .split('\n')
        .filter((line) => line.includes(project))
      return [...known, ...mounts].filter((line) => line !== '')
    },
  }
}
