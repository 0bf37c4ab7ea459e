/** A file of the configuration of CNI, by the rules of libcni (containernetworking/cni, libcni/conf.go). Pure. */
import { fieldOf, isObject, type Json, textOf, whyNoJson } from './json.ts'

/** One plug-in of a network, with its keys. */
export interface Plugin {
  /** The name of its binary. */
  readonly type: string
  readonly conf: Json
}

/** A network, and the plug-ins that make it, in their order. */
export interface NetworkConf {
  /** A word: host-local has a folder of that name. */
  readonly name: string
  readonly plugins: readonly Plugin[]
  /** Further plug-ins stand in a folder that is called as the network (libcni 1.3 on). */
  readonly mayHaveMore: boolean
}

/** What was understood, or why nothing was: "it has no name". */
export type Understood<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

/** In the order in which libcni takes them: as bytes. */
const EXTENSION = /\.(?:conf|conflist|json)$/

/** libcni: pkg/utils, ValidateNetworkName. */
const NAME = /^[a-zA-Z\d][\w.-]*$/
const NAME_MAX = 255

/** What a file may be called: no path, nothing that cannot be shown. */
const TYPE = /^(?!\.{1,2}$)[^/\p{Cc}]{1,255}$/u

/** Most plug-ins that a network has; what is beyond is not looked at. */
const PLUGINS_MAX = 64

/** Files of a folder that libcni takes for configuration, the one that counts first. */
export function confFilesOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => EXTENSION.test(name)).sort()
}

/** Whether a text may be a path from the root. */
export function isAbsolute(text: string): boolean {
  return text.startsWith('/') && text.length < 4096 && !text.includes('\0')
}

/** Whether a text may be the name of a network: a part of a path, and no way out of it. */
export function isNetworkName(text: string): boolean {
  return NAME.test(text) && text.length <= NAME_MAX
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}

/** A plug-in's own object. */
export function pluginIn(conf: unknown): Understood<Plugin> {
  if (!isObject(conf)) return no('a plug-in of it is no object')
  const type = textOf(conf, 'type')
  if (type === undefined) return no('a plug-in of it has no type')
  if (!TYPE.test(type)) return no('a type of it is no name of a binary')
  return { ok: true, value: { type, conf } }
}

/** An object that is a network: of several plug-ins where it has a list of them, else of one. @param isList a list has to be there */
export function networkIn(conf: Json, isList: boolean): Understood<NetworkConf> {
  // Of a list libcni knows these keys in their own case alone.
  const own = Object.hasOwn(conf, 'name') ? conf['name'] : undefined
  const name = isList ? (typeof own === 'string' && own !== '' ? own : undefined) : textOf(conf, 'name')
  const list = Object.hasOwn(conf, 'plugins') ? conf['plugins'] : undefined
  const mayHaveMore = isList && fieldOf(conf, 'loadOnlyInlinedPlugins') !== true
  if (!isList && textOf(conf, 'type') === undefined && Array.isArray(list)) {
    return no('it is a list of plug-ins, and has to be called .conflist')
  }
  if (name === undefined) return no('it has no name')
  if (!isNetworkName(name)) return no('its name is none of a network (letters, digits, "_.-")')
  if (isList && list !== undefined && !Array.isArray(list)) return no('its plugins are no list')
  const plugins: Plugin[] = []
  for (const one of isList ? ((list as readonly unknown[] | undefined) ?? []).slice(0, PLUGINS_MAX) : [conf]) {
    const plugin = pluginIn(one)
    if (!plugin.ok) return plugin
    plugins.push(plugin.value)
  }
  return { ok: true, value: { name, plugins, mayHaveMore } }
}

/** The object in a file. @param path as people find it */
export function objectIn(text: string, path: string): Understood<Json> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { ok: true, value } : no('it is no object')
  } catch (error) {
    return no(whyNoJson(text, path, error))
  }
}

/** A file of the configuration, by its name: a list of plug-ins (.conflist), or one (.conf, .json). @param path as people find it */
export function confIn(text: string, path: string): Understood<NetworkConf> {
  const object = objectIn(text, path)
  return object.ok ? networkIn(object.value, path.endsWith('.conflist')) : object
}
