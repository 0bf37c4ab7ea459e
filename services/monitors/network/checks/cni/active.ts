/** The configuration of CNI that counts: the first file of its folder. */
import { type Host, HostReadError } from '#host'
import { observed, type Reading, type Unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { confFilesOf, confIn, type NetworkConf, objectIn, pluginIn, type Understood } from './conf.ts'
import type { Places } from './places.ts'
import { type Needs, needsOf, together } from './plugins.ts'

/** What a network of a node needs, by its name. */
export interface ActiveNetwork extends Needs {
  readonly name: string
}

/**
 * What counts:
 * - `none`: no folder has a file of it
 * - `found`: the file that counts, and what is in it, or why a runtime understands nothing
 */
export type Active =
  | {
      readonly kind: 'none'
      readonly folder: string
      readonly hasFolder: boolean
      /** Why a runtime might look elsewhere. */
      readonly unsure: Unobserved | undefined
    }
  | {
      readonly kind: 'found'
      /** "/etc/cni/net.d/10-flannel.conflist" */
      readonly path: string
      /** Files behind it, which nobody uses. */
      readonly others: number
      readonly network: Understood<ActiveNetwork>
      /** The file before it that CRI-O passes over, and why. */
      readonly passed: string
    }

/** A real one has some thousand bytes. */
const CONF_BYTES_MAX = 262_144
/** Files that are tried where the first ones are folders, or are passed over. */
const TRIES_MAX = 16

/** What is in a file; undefined: it is a folder, or gone. @throws HostReadError */
async function readConf(host: Host, path: string): Promise<string | undefined | { readonly why: string }> {
  try {
    return await host.files.readText(path, { maxBytes: CONF_BYTES_MAX })
  } catch (error) {
    if (!(error instanceof HostReadError) || !['ENOENT', 'EISDIR', 'ELOOP'].includes(error.code)) throw error
    const link = await observe(() => host.files.readLink(path))
    // libcni leaves out folders, and not links to some.
    if (!link.ok) return undefined
    return { why: error.code === 'EISDIR' ? 'it is a link to a folder' : 'it is a link that leads nowhere' }
  }
}

/** Plug-ins of a network that stand in files of their own, in a folder that is called as the network. */
async function readMore(host: Host, folder: string, network: NetworkConf): Promise<Understood<NetworkConf>> {
  const all = [...network.plugins]
  if (network.mayHaveMore) {
    const own = `${folder}/${network.name}`
    const names = await observe(() => host.files.list(own))
    const files = names.ok ? names.value.filter((name) => name.endsWith('.conf')).slice(0, TRIES_MAX) : []
    for (const file of files) {
      const path = `${own}/${file}`
      const text = await readConf(host, path)
      if (text === undefined) continue
      const object = typeof text === 'string' ? objectIn(text, path) : ({ ok: false, why: text.why } as const)
      const plugin = object.ok ? pluginIn(object.value) : object
      if (!plugin.ok) return { ok: false, why: `${path}: ${plugin.why}` }
      all.push(plugin.value)
    }
  }
  return all.length === 0 ? { ok: false, why: 'it has no plug-in' } : { ok: true, value: { ...network, plugins: all } }
}

/** What one file is; undefined: none of configuration. @throws HostReadError */
async function readNetwork(host: Host, path: string): Promise<Understood<NetworkConf> | undefined> {
  const text = await readConf(host, path)
  if (text === undefined) return undefined
  if (typeof text !== 'string') return { ok: false, why: text.why }
  const network = confIn(text, path)
  return network.ok ? readMore(host, path.slice(0, path.lastIndexOf('/')), network.value) : network
}

/** Its needs, with those of the networks whose files it names. @throws HostReadError */
async function readNeeds(host: Host, folder: string, network: NetworkConf): Promise<ActiveNetwork> {
  const own = needsOf(network)
  const all = [own]
  for (const file of own.files.slice(0, TRIES_MAX)) {
    const path = file.startsWith('/') ? file : `${folder}/${file}`
    const called = await readNetwork(host, path)
    // Its pod may have other mounts than we think: what is not found there is not looked for.
    if (called === undefined) continue
    if (called.ok) all.push(needsOf(called.value))
    else all.push({ ...needsOf({ name: '', plugins: [] }), faults: [`${path}: ${called.why}`] })
  }
  return { ...together(all), name: network.name }
}

/** The first file of a folder that counts; undefined: it has none. @throws HostReadError */
async function readFolder(
  host: Host,
  folder: string,
  files: readonly string[],
  passesOver: boolean,
): Promise<Active | undefined> {
  let passed: { readonly path: string; readonly why: string; readonly at: number } | undefined
  for (const [at, file] of files.slice(0, TRIES_MAX).entries()) {
    const path = `${folder}/${file}`
    const network = await readNetwork(host, path)
    if (network === undefined) continue
    if (!network.ok && passesOver) {
      passed ??= { path, why: network.why, at }
      continue
    }
    const others = files.length - at - 1
    const words = passed === undefined ? '' : `${passed.path}: ${passed.why}`
    if (!network.ok) return { kind: 'found', path, others, network, passed: words }
    return {
      kind: 'found',
      path,
      others,
      network: { ok: true, value: await readNeeds(host, folder, network.value) },
      passed: words,
    }
  }
  if (passed === undefined) return undefined
  const { path, why, at } = passed
  return { kind: 'found', path, others: files.length - at - 1, network: { ok: false, why }, passed: '' }
}

/** The configuration that counts, of the first folder that has some. */
export async function readActive(host: Host, { config, unsure, passesOver }: Places): Promise<Reading<Active>> {
  let hasFolder: string | undefined
  let hidden: Unobserved | undefined
  for (const folder of config) {
    const names = await observe(() => host.files.list(folder))
    if (!names.ok) {
      if (names.reason !== 'SourceMissing') hidden ??= names
      continue
    }
    hasFolder ??= folder
    const found = await observe(() => readFolder(host, folder, confFilesOf(names.value), passesOver))
    if (!found.ok) return found
    if (found.value !== undefined) return observed(found.value)
  }
  // What stands where nobody may look is not missing.
  if (hidden !== undefined) return hidden
  return observed({ kind: 'none', folder: hasFolder ?? config[0]!, hasFolder: hasFolder !== undefined, unsure })
}
