/** Files of NPD's external monitors as entries of `plugins`. */
import type { ConfigProblem } from './errors.ts'
import { inForce } from './in-force.ts'
import type { NpdConfig, NpdRead } from './npd/kinds.ts'
import { nameOf, walkFile } from './npd-files.ts'
import { oneSpelling, plainSocket, pluginEntry } from './plugin-entries.ts'
import type { NamedType } from './rules/instance-types.ts'
import type { Placed } from './rules/spot.ts'
import type { Document } from './schema/document.ts'
import type { PluginEntry } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'

export interface PluginsAround {
  readonly doc: Document
  /** Written under `plugins`. */
  readonly plugins: readonly Placed<PluginEntry>[]
  /** Of one item of `plugins`. */
  readonly pluginSchema: JsonSchema
  /** Names of our own services and monitors. */
  readonly ownNames: readonly string[]
}

type Site = Omit<Placed<PluginEntry>, 'entry'>
type WrittenPlugin = NpdConfig & Document['plugins'][number]
type TypeRule = (file: NpdRead) => readonly ConfigProblem[]

/** Who is at each socket already, in words. */
function takenSockets({ doc, plugins }: PluginsAround): Map<string, string> {
  const exporters = doc.exporters.external.filter(
    ({ enabled, socketAddress }) => enabled && typeof socketAddress === 'string',
  )
  return new Map([
    ...exporters.map(
      ({ name, socketAddress }) => [oneSpelling(plainSocket(socketAddress)), `exporter "${name}"`] as const,
    ),
    ...plugins.map(({ entry }) => [oneSpelling(entry.socketPath), `plug-in "${entry.name}"`] as const),
  ])
}

/** Takes one file after the other; what is wrong with one is its own fault. */
export function createNpdPlugins(around: PluginsAround) {
  const taken = new Set([...around.ownNames, ...around.plugins.map(({ entry }) => entry.name)])
  const sockets = takenSockets(around)
  const used: Placed<PluginEntry>[] = []

  function socketFaults({ path, whereOf, writtenAs }: NpdRead, address: unknown): readonly ConfigProblem[] {
    if (typeof address !== 'string' || address === '') return []
    const socket = plainSocket(address)
    const other = sockets.get(oneSpelling(socket))
    if (other === undefined) sockets.set(oneSpelling(socket), path)
    const key = writtenAs('socketAddress')
    const text = `"${socket}" is the socket of ${other}; expected another`
    return other === undefined ? [] : [{ where: whereOf(key), path: key, text }]
  }

  return {
    /** @returns its name as a plug-in, "" where it cannot be used */
    take(
      file: NpdRead,
      site: Site,
      typeFaults: TypeRule,
    ): { readonly name: string; readonly faults: NpdRead['faults'] } {
      const { config, faults: before } = file
      if (config === undefined) return { name: '', faults: [...before, ...typeFaults(file)] }
      const { name: source = '' } = config
      const name = nameOf(typeof source === 'string' ? source : '', taken)
      const walked = walkFile<WrittenPlugin>(file, { ...config, name }, around.pluginSchema)
      const faults = [...before, ...typeFaults(file), ...walked.faults, ...socketFaults(file, config['socketAddress'])]
      if (faults.length > 0) return { name: '', faults }
      const entry = pluginEntry(inForce(around.pluginSchema, walked.config), site.spot.place.origin)
      used.push({ ...site, entry })
      return { name, faults }
    },
    /** Those that can be used. What several of them declare is told as the worst of them has it, as of NPD's other files. */
    entries(): readonly Placed<PluginEntry>[] {
      const types = used.flatMap(({ entry }) => entry.conditions.map(({ type }) => type))
      const isShared = (type: string) => types.filter((one) => one === type).length > 1
      return used.map(({ entry, ...site }) => {
        const conditions = entry.conditions.map((one) => ({ ...one, shared: isShared(one.type) }))
        return { ...site, entry: { ...entry, conditions } }
      })
    },
  }
}

/** Their condition types, which are called on the node as in the files. */
export function typesOfFiles(plugins: readonly Placed<PluginEntry>[]): readonly NamedType[] {
  return plugins.flatMap(({ entry, spot }) =>
    entry.conditions.map(({ type }) => ({ type, check: entry.name, monitor: entry.name, isVerbatim: true, spot })),
  )
}
