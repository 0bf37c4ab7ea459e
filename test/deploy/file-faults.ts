/** The same of files that are no manifest of Kubernetes: compose, the image, the host's folders, the pages. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { type BuiltService, builtServices, type ServiceTable } from '#service-table'
import { volumeOf } from '../compose/volumes.ts'
import { ROOT } from './objects.ts'
import { hostFoldersOf, placeOf, RUN, STATE } from './service-faults.ts'

const GROUP = 65_100
/** Of the two that repair alone: it opens the socket of what is root on the machine. */
const REPAIR_GROUP = 65_112
/** Root and nobody. */
const OF_EVERY_IMAGE: readonly number[] = [0, 65_534]

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Sentences about every service, each with the file before it. */
function each(file: string, table: ServiceTable, faults: (service: BuiltService) => readonly string[]): string[] {
  return builtServices(table).flatMap((service) => faults(service).map((text) => `${file}: ${text}`))
}

interface ComposeService {
  readonly command?: readonly string[]
  readonly user?: string
  readonly volumes?: readonly unknown[]
  readonly healthcheck?: { readonly test?: readonly string[] }
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService | undefined>>
  readonly volumes: Readonly<Record<string, { readonly driver_opts?: { readonly o?: string } } | null | undefined>>
}

/** Volume of a folder of the host that a service writes: `run-locks`, `state-history`, `state-monitor-system`. */
function hostVolumes({ runFolders, stateFolders }: BuiltService): readonly (readonly [string, string])[] {
  return [
    ...runFolders.map((name) => [`run-${name}`, `${RUN}/${name}`] as const),
    ...stateFolders.map((name) => [`state-${name.replace('monitors/', 'monitor-')}`, `${STATE}/${name}`] as const),
  ]
}

/** A folder of the host at its own place. */
function bindOf(place: string): object {
  return { type: 'bind', source: place, target: place, bind: { create_host_path: true } }
}

/** docker-compose.yaml, and what is added to it for services that are deployed only where somebody asks for them. */
function readCompose(table: ServiceTable): Compose {
  const added = builtServices(table).filter(({ isOptional }) => isOptional)
  const files = ['docker-compose.yaml', ...new Set(added.map(({ name, pod }) => `deploy/compose/${pod ?? name}.yaml`))]
  const all = files.map((file) => parse(read(file), { merge: true }) as Compose)
  const services: Record<string, ComposeService> = {}
  for (const [name, service] of all.flatMap((one) => Object.entries(one.services))) {
    const before = services[name]
    services[name] = { ...before, ...service, volumes: [...(before?.volumes ?? []), ...(service?.volumes ?? [])] }
  }
  return { services, volumes: Object.assign({}, ...all.map(({ volumes }) => volumes)) as Compose['volumes'] }
}

export function composeFaults(table: ServiceTable): string[] {
  const { services, volumes } = readCompose(table)
  const owner = builtServices(table).find(({ bus }) => bus.role === 'owner')
  const has = (service: string | undefined, volume: string) =>
    services[service ?? '']?.volumes?.includes(volume) === true
  const hasOfHost = (service: string, place: string) =>
    services[service]?.volumes?.some((volume) => isDeepStrictEqual(volume, bindOf(place))) === true
  return each('docker-compose.yaml', table, (service) => {
    const { name, uid, kind, bus } = service
    const container = services[name]
    const [volume, place] = [volumeOf(service), placeOf(service)]
    const group = service.pod === 'remediation' ? REPAIR_GROUP : GROUP
    const shown = `${volume}:${place}${kind === 'monitor' ? ':ro' : ''}`
    const alive = container?.healthcheck?.test?.slice(1, 3).join(' ')
    const own =
      container === undefined
        ? [`there is no service ${name}`]
        : [
            ...(container.command?.join(' ') === name ? [] : [`the service ${name} does not start it by its command`]),
            ...(container.user === `${uid}:${group}` ? [] : [`the service ${name} does not run as ${uid}:${group}`]),
            // In memory, it is gone when no container has it: what a service finds again after a restart of its own is held.
            ...hostVolumes(service)
              .filter(([from]) => from.startsWith('run-') && !has('pod', `${from}:/held/${from}:ro`))
              .map(([from]) => `the service pod does not hold ${from}`),
            ...(alive === `/opt/node-doctor/bin/alive.sh ${place}`
              ? []
              : [`the service ${name} has no healthcheck of ${place}`]),
            ...[...(service.isFolderOfHost ? [] : [[volume, place] as const]), ...hostVolumes(service)].flatMap(
              ([from, to]) => (has(name, `${from}:${to}`) ? [] : [`the service ${name} does not mount ${from}:${to}`]),
            ),
          ]
    const options = volumes[volume]?.driver_opts?.o ?? ''
    if (service.isFolderOfHost)
      return [...own, ...(hasOfHost(name, place) ? [] : [`the service ${name} does not mount ${place} of the host`])]
    return [
      ...own,
      ...(options.includes(`uid=${uid},`) ? [] : [`there is no volume ${volume} in memory that is of user ${uid}`]),
      ...(has('pod', `${volume}:/held/${volume}:ro`) ? [] : [`the service pod does not hold ${volume}`]),
      ...(bus.role === 'owner' || has(owner?.name, shown)
        ? []
        : [`the service ${owner?.name} does not mount ${shown}`]),
    ]
  })
}

/** Users of the image, and the folders that new volumes take their owners from. */
export function imageFaults(table: ServiceTable): string[] {
  const text = read('deploy/images/Dockerfile')
  return each('deploy/images/Dockerfile', table, (service) => {
    const folders = [placeOf(service), ...hostFoldersOf(service)]
    return [
      ...(OF_EVERY_IMAGE.includes(service.uid) || new RegExp(`[ ]${service.name}:${service.uid}[ ;]`).test(text)
        ? []
        : [`makes no user ${service.uid} for ${service.name}`]),
      ...folders
        .filter((folder) => !new RegExp(`-o ${service.uid} -g ${GROUP} ${folder}(;|\\s|$)`, 'm').test(text))
        .map((folder) => `makes no folder ${folder} of user ${service.uid}`),
    ]
  })
}

/** Folders of the host, which the init container makes. */
export function prepareFaults(table: ServiceTable): string[] {
  const text = read('deploy/images/prepare.sh')
  return each('deploy/images/prepare.sh', table, ({ runFolders, stateFolders, uid }) =>
    [...runFolders.map((name) => `$run/${name}`), ...stateFolders.map((name) => `$state/${name}`)]
      .filter(
        (folder) => !new RegExp(`^ *(?:\\[ .* \\] \\|\\| )?own "\\${folder}" .*\\b${uid}[}"]* 0700$`, 'm').test(text),
      )
      .map((folder) => `does not make ${folder} for user ${uid}`),
  )
}

/** Rows of docs/security.md, on a machine and in a cluster, and of docs/deploying.md, what lands on the host. */
export function pageFaults(table: ServiceTable): string[] {
  const [, onMachine = '', inCluster = ''] = read('docs/security.md').split(/^\| Container \|/m)
  const rows = (page: string, { name, uid }: BuiltService) =>
    new RegExp(`^\\| \`${name}\` \\| ${uid}\\b`, 'm').test(page)
  const deploying = read('docs/deploying.md')
  return [
    ...each('docs/security.md', table, (service) => [
      ...(rows(onMachine, service)
        ? []
        : [`the table of docker-compose.yaml has no row of ${service.name}, user ${service.uid}`]),
      ...(rows(inCluster, service) ? [] : [`the table of the pods has no row of ${service.name}, user ${service.uid}`]),
    ]),
    ...each('docs/deploying.md', table, (service) =>
      hostFoldersOf(service)
        .filter((folder) => !deploying.includes(`| \`${folder}\` | \`prepare\` | ${service.uid}:${GROUP}, 0700 |`))
        .map((folder) => `the table of what lands on the host has no row of ${folder}, user ${service.uid}`),
    ),
  ]
}
