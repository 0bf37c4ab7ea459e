/** What is deployed, as objects: rendered by the real kustomize and the real Helm, parsed, compared by meaning. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'

export const ROOT = join(import.meta.dirname, '../..')
export const CHART = join(ROOT, 'deploy/helm/node-doctor')
const OVERLAYS = join(ROOT, 'deploy/kustomize/overlays')
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor/bin')

export interface Mount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
  readonly mountPropagation?: string
  readonly subPath?: string
}

export interface Probe {
  readonly exec?: { readonly command: readonly string[] }
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly failureThreshold?: number
}

export interface SecurityContext {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly privileged?: boolean
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
  readonly seccompProfile?: { readonly type: string }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly ports?: readonly unknown[]
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
  readonly securityContext?: SecurityContext
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly volumeMounts?: readonly Mount[]
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly hostPath?: { readonly path: string; readonly type?: string }
  readonly configMap?: { readonly name: string; readonly defaultMode?: number }
  readonly secret?: { readonly secretName: string }
  readonly projected?: { readonly sources: readonly Readonly<Record<string, unknown>>[] }
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly priorityClassName?: string
  readonly securityContext?: SecurityContext & { readonly supplementalGroups?: readonly number[] }
  readonly serviceAccountName?: string
  readonly tolerations?: readonly Readonly<Record<string, string>>[]
  readonly volumes?: readonly Volume[]
}

export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
  readonly rules?: readonly Rule[]
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: {
      readonly metadata: KubeObject['metadata']
      readonly spec: PodSpec
    }
  }
}

/** A program ended with a mistake of ours, or of its input. */
class RefusedError extends Error {
  readonly stderr: string
  constructor(command: string, stderr: string) {
    super(`${command} failed: ${stderr.trim()}`)
    this.name = 'RefusedError'
    this.stderr = stderr
  }
}

/**
 * A program of the machine, or of what setup.sh brought.
 * @throws RefusedError with what it said
 */
export function run(program: string, args: readonly string[], input = ''): string {
  const env = { ...process.env, PATH: `${CACHE}:${process.env['PATH'] ?? ''}` }
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    cwd: ROOT,
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env,
  })
  if (error !== undefined)
    throw new Error(`cannot start ${program}: ${error.message}; run test/deploy/setup.sh`, { cause: error })
  if (status !== 0) throw new RefusedError(`${program} ${args.join(' ')}`, stderr)
  return stdout
}

export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0] as Error
    const value = document.toJS() as KubeObject | null
    return value === null ? [] : [value]
  })
}

/** Names of the overlays, and `cleanup`. */
export function overlayNames(): string[] {
  return readdirSync(OVERLAYS).toSorted()
}

export function kustomize(folder: string, ...options: string[]): KubeObject[] {
  return parseObjects(run('kubectl', ['kustomize', folder, ...options]))
}

/** What is rendered of equal arguments is rendered once in a test file: it takes a third of a second of the processor. */
export function once<Arguments extends readonly unknown[], Made>(
  make: (...args: Arguments) => Made,
): (...args: Arguments) => Made {
  const made = new Map<string, Made>()
  return (...args) => {
    const key = JSON.stringify(args)
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(...args)
    made.set(key, fresh)
    return fresh
  }
}

export const overlay = once((name: string): KubeObject[] => kustomize(join(OVERLAYS, name)))

const PLAIN = join(ROOT, 'deploy/node-doctor.yaml')
const PLAIN_HEAD = `# Everything of deploy/kustomize/overlays/default in one file: kubectl apply -f deploy/node-doctor.yaml
# Made from it (UPDATE_GOLDEN=1 vitest run test/deploy); change that one.
`

/** The one plain manifest; with UPDATE_GOLDEN=1 it is written first. */
export function plainManifest(): KubeObject[] {
  if (process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(PLAIN, PLAIN_HEAD + run('kubectl', ['kustomize', join(OVERLAYS, 'default')]))
  return parseObjects(readFileSync(PLAIN, 'utf8'))
}

/** What Helm renders, or how it refuses; a file that `--values` names is read at the first call only. */
const rendered = once((...options: readonly string[]): KubeObject[] | RefusedError => {
  try {
    return parseObjects(run('helm', ['template', 'node-doctor', CHART, '--namespace', 'node-doctor', ...options]))
  } catch (err) {
    if (err instanceof RefusedError) return err
    throw err
  }
})

/**
 * Renders the chart as release `node-doctor` in the namespace `node-doctor`. Hooks are part of it.
 * @throws RefusedError with what Helm said
 */
export function helm(...options: string[]): KubeObject[] {
  const objects = rendered(...options)
  if (objects instanceof RefusedError) throw objects
  return objects
}

/** The release before, which many still have. */
export function helm3(...args: string[]): KubeObject[] {
  return parseObjects(run('helm3', ['template', ...args]))
}

/** What Helm says when it refuses values; "" when it does not. */
export function helmRefusal(...options: string[]): string {
  const objects = rendered(...options)
  return objects instanceof RefusedError ? objects.stderr : ''
}

export function helmRun(...args: string[]): string {
  return run('helm', args)
}

export function idOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, child]) => [key, sortedKeys(child)]))
}

/** Kind and name → object, whatever order the objects came in. */
export function byId(objects: readonly KubeObject[]): Record<string, KubeObject> {
  const all = objects.map((object) => [idOf(object), object] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (new Set(all.map(([id]) => id)).size !== all.length) throw new Error('two objects have one name')
  return Object.fromEntries(all)
}

const VALUES = ['everything', 'compact', 'minimal'] as const

/** All that is shipped, by a name: every overlay, the clean-up, and the chart with several values. */
export function everything(): Readonly<Record<string, () => KubeObject[]>> {
  const overlays = overlayNames().map((name) => [`kustomize-${name}`, () => overlay(name)] as const)
  const charts = VALUES.map(
    (name) => [`helm-${name}`, () => helm('--values', join(CHART, 'ci', `${name}.yaml`))] as const,
  )
  const cleanup = () => kustomize(join(ROOT, 'deploy/kustomize/cleanup'))
  return Object.fromEntries([...overlays, ['kustomize-cleanup', cleanup], ['helm-default', () => helm()], ...charts])
}

/** The golden file of that name; with UPDATE_GOLDEN=1 it is written first. */
export function golden(name: string, objects: readonly KubeObject[]): Record<string, KubeObject> {
  const path = join(import.meta.dirname, 'fixtures/golden', `${name}.yaml`)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true })
    const texts = Object.values(byId(objects)).map((object) => stringify(sortedKeys(object), { lineWidth: 0 }))
    writeFileSync(path, texts.join('---\n'))
  }
  return byId(parseObjects(readFileSync(path, 'utf8')))
}

export function podSpecs(objects: readonly KubeObject[]): { readonly id: string; readonly pod: PodSpec }[] {
  return objects.flatMap((object) => {
    const pod = object.spec?.template?.spec
    return pod === undefined ? [] : [{ id: idOf(object), pod }]
  })
}

export function find(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
  if (found === undefined) throw new Error(`there is no ${kind} ${name} among ${objects.map(idOf).join(', ')}`)
  return found
}
