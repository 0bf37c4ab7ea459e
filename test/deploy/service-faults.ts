/** What a manifest lacks of a service that the table of services calls built: a sentence each, with the file to touch. */
import { type BuiltService, folderOf, type ServiceTable, servicesOfPod } from '#service-table'
import type { Container, PodSpec } from './objects.ts'

export const RUN = '/run/node-doctor'
export const STATE = '/var/lib/node-doctor'
const ALIVE = '/opt/node-doctor/bin/alive.sh'

/** A service's folder in a container: of its socket, its key and its probes' files. */
export function placeOf(service: BuiltService): string {
  return folderOf(service, RUN)
}

/** Folders of the host that a service writes, as its container sees them. */
export function hostFoldersOf({ runFolders, stateFolders }: BuiltService): string[] {
  return [...runFolders.map((name) => `${RUN}/${name}`), ...stateFolders.map((name) => `${STATE}/${name}`)]
}

/** How a container of the owner of the bus has the folder of another service; undefined where it needs none of it. */
function ownerMount({ kind, bus }: BuiltService): 'read-only' | 'writable' | undefined {
  if (bus.role === 'reader') return 'writable'
  return kind === 'monitor' ? 'read-only' : undefined
}

function mountOf({ volumeMounts = [] }: Container, path: string): 'read-only' | 'writable' | undefined {
  const mount = volumeMounts.find(({ mountPath }) => mountPath === path)
  return mount && (mount.readOnly === true ? 'read-only' : 'writable')
}

function missingMounts(container: Container, service: BuiltService): string[] {
  const written = [placeOf(service), ...hostFoldersOf(service)].flatMap((path) =>
    mountOf(container, path) === 'writable' ? [] : [`does not mount ${path} to write in it`],
  )
  const token = '/var/run/secrets/kubernetes.io/serviceaccount'
  const needed = [
    ['host', '/host'],
    [service.needs.includes('own-token') ? 'own-token' : 'api-server', token],
    // Where the host's root is, its logs are.
    ...(service.needs.includes('host')
      ? []
      : (['/var/log', '/run/log'] as const).map((path) => ['logs', path] as const)),
  ] as const
  const others = needed.flatMap(([need, path]) => {
    const has = mountOf(container, path)
    const needs = service.needs.some((name) => name === need)
    if (needs && has !== 'read-only') return [`does not mount ${path} read-only, and needs "${need}"`]
    return !needs && has !== undefined ? [`mounts ${path}, and its row does not say that it needs "${need}"`] : []
  })
  return [...written, ...others]
}

function missingProbes({ startupProbe, livenessProbe, readinessProbe }: Container, service: BuiltService): string[] {
  const folder = placeOf(service)
  const wanted = [
    ['startup', startupProbe, `${ALIVE} ${folder} --start`],
    ['liveness', livenessProbe, `${ALIVE} ${folder}`],
    ['readiness', readinessProbe, `test -e ${folder}/ready`],
  ] as const
  return wanted.flatMap(([kind, probe, command]) =>
    probe?.exec?.command.join(' ') === command ? [] : [`has no ${kind} probe that runs "${command}"`],
  )
}

/** Where a manifest says what: its containers, and what each of them mounts. */
export interface Written {
  readonly containers: string
  readonly mounts: string
}

function wrongStart({ args, securityContext }: Container, { name, uid }: BuiltService): string[] {
  return [
    ...(args?.join(' ') === name ? [] : [`does not start ${name} by its args`]),
    ...(securityContext?.runAsUser === uid ? [] : [`does not run as user ${uid}`]),
  ]
}

/** What the owner of the bus lacks: it writes each reader its key, and connects to each monitor. */
function ownerFaults(services: readonly BuiltService[], pod: PodSpec): string[] {
  const owner = services.find(({ bus }) => bus.role === 'owner')
  const container = pod.containers.find(({ name }) => name === owner?.name)
  if (owner === undefined) return []
  return services.flatMap((service) => {
    const wanted = ownerMount(service)
    if (wanted === undefined || (container !== undefined && mountOf(container, placeOf(service)) === wanted)) return []
    return [`the container ${owner.name} does not mount ${placeOf(service)} ${wanted}`]
  })
}

function containerFaults(services: readonly BuiltService[], pod: PodSpec, { containers, mounts }: Written): string[] {
  return services.flatMap((service) => {
    const { name } = service
    const container = pod.containers.find((one) => one.name === name)
    if (container === undefined) return [`${containers}: there is no container ${name}`]
    const begun = [...wrongStart(container, service), ...missingProbes(container, service)]
    return [
      ...begun.map((text) => `${containers}: the container ${name} ${text}`),
      ...missingMounts(container, service).map((text) => `${mounts}: the container ${name} ${text}`),
    ]
  })
}

/** The agent's pod, in which each of its services is a container of its own. */
export function podFaults(table: ServiceTable, pod: PodSpec, written: Written): string[] {
  const services = servicesOfPod(table)
  return [
    ...containerFaults(services, pod, written),
    ...ownerFaults(services, pod).map((text) => `${written.mounts}: ${text}`),
  ]
}

/**
 * A pod of its own beside the agent's, each of whose services is a container: what it lacks itself, and what the owner of the bus,
 * in the agent's, does for those that read there.
 */
export function ownPodFaults(
  table: ServiceTable,
  name: string,
  { own, agent }: { readonly own: PodSpec; readonly agent: PodSpec },
  written: Written & { readonly agent: string },
): string[] {
  const services = servicesOfPod(table, name)
  const owner = servicesOfPod(table).filter(({ bus }) => bus.role === 'owner')
  return [
    ...containerFaults(services, own, written),
    ...ownerFaults([...owner, ...services], agent).map((text) => `${written.agent}: ${text}`),
  ]
}

/** A pod in which all exporters are one container and all monitors another: what one of them needs, all have. What is optional is one by itself. */
export function compactFaults(table: ServiceTable, pod: PodSpec, { containers, mounts }: Written): string[] {
  const services = servicesOfPod(table)
  return services.flatMap((service) => {
    const { kind, name } = service
    if (service.isOptional) return podFaults({ [name]: service }, pod, { containers, mounts })
    const merged = kind === 'core' ? name : `${kind}s`
    const container = pod.containers.find((one) => one.name === merged)
    if (container === undefined) return [`${containers}: there is no container ${merged}`]
    const needs = services
      .filter((other) => other.kind === kind && !other.isOptional)
      .flatMap((other) => other.needs.filter((need) => need !== 'own-token'))
    const ready = `${placeOf(service)}/ready`
    const asks = container.readinessProbe?.exec?.command.includes(ready) === true
    const who = `the container ${merged}, which runs ${name},`
    return [
      ...missingMounts(container, { ...service, needs }).map((text) => `${mounts}: ${who} ${text}`),
      ...(asks ? [] : [`${containers}: ${who} is ready without ${ready}`]),
    ]
  })
}
