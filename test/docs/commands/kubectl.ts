/**
 * Holds a kubectl or helm command of the docs against the program itself (verb, options) and against what this project
 * installs (names, namespaces, labels, containers, files, rights).
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KubeObject, kustomize, overlay, overlayNames, podSpecs, run } from '../../deploy/objects.ts'
import { ROOT } from './pages.ts'
import { isPlaceholder, type Options, readOptions } from './shell.ts'

/** Kinds as kubectl's reader may write them. */
const KINDS: Readonly<Record<string, string>> = {
  node: 'Node',
  nodes: 'Node',
  pod: 'Pod',
  pods: 'Pod',
  events: 'Event',
  namespace: 'Namespace',
  daemonset: 'DaemonSet',
  job: 'Job',
}

/** Words of two that are one verb. */
const PAIRS = new Set(['rollout status', 'auth can-i'])
/** Of pods, as the API server indexes them. */
const POD_FIELDS = new Set(['metadata.name', 'metadata.namespace', 'spec.nodeName', 'status.phase'])

export interface World {
  readonly objects: readonly KubeObject[]
}

/** What the overlays and the clean-up install. */
export function world(): World {
  const folders = overlayNames().map((name) => overlay(name))
  return { objects: [...folders.flat(), ...kustomize(join(ROOT, 'deploy/kustomize/cleanup'))] }
}

const known = new Map<string, { readonly all: ReadonlySet<string>; readonly flags: ReadonlySet<string> }>()

/** Options of a verb as `--help` lists them, with its global ones; flags are those that take no value. */
function optionsOf(program: string, verb: string) {
  const key = `${program} ${verb}`
  const cached = known.get(key)
  if (cached !== undefined) return cached
  const help = run(program, [...verb.split(' '), '--help'])
  const text = program === 'kubectl' ? help + run('kubectl', ['options']) : help
  const all = new Set<string>()
  const flags = new Set<string>()
  // kubectl: "    -k, --kustomize='':"; helm: "  -n, --namespace string   namespace scope".
  for (const [, short, name = '', rest = ''] of text.matchAll(/^ +(?:(-\w), )?(--[a-z][-a-z0-9]*)(.*)$/gm)) {
    const flag = program === 'kubectl' ? /^=(true|false):/.test(rest) : !/^ [a-zA-Z]/.test(rest)
    for (const each of short === undefined ? [name] : [name, short]) {
      all.add(each)
      if (flag) flags.add(each)
    }
  }
  const found = { all, flags }
  known.set(key, found)
  return found
}

function faultsOfOptions(program: string, verb: string, { given }: Options): string[] {
  const { all } = optionsOf(program, verb)
  const unknown = [...given.keys()].filter(
    (name) => !all.has(name) && !Array.from(name.slice(1)).every((letter) => all.has(`-${letter}`)),
  )
  return unknown.map((name) => `"${program} ${verb}" has no option ${name}`)
}

function valuesOf({ given }: Options, ...names: string[]): string[] {
  return names.flatMap((name) => given.get(name) ?? [])
}

function faultsOfFolders(options: Options): string[] {
  return valuesOf(options, '-k', '--kustomize').flatMap((folder) =>
    existsSync(join(ROOT, folder, 'kustomization.yaml')) ? [] : [`there is no ${folder}/kustomization.yaml`],
  )
}

function faultsOfNamespace({ objects }: World, options: Options): string[] {
  const namespaces = new Set(['default', ...objects.map(({ metadata }) => metadata.namespace)])
  return valuesOf(options, '-n', '--namespace')
    .filter((name) => !isPlaceholder(name) && !namespaces.has(name))
    .map((name) => `nothing of ours is in the namespace ${name}`)
}

/** Nodes and pods have names of their cluster's; the rest has ours. */
function faultsOfObjects({ objects }: World, words: readonly string[]): string[] {
  const named = words.flatMap((word, index) => {
    if (word.includes('/')) return [word.split('/') as [string, string]]
    return index === 0 ? [[word, words[1] ?? ''] as [string, string]] : []
  })
  return named.flatMap(([short, name]) => {
    const kind = KINDS[short]
    if (kind === undefined) return isPlaceholder(short) ? [] : [`${short} is no kind that this test knows`]
    if (name === '' || isPlaceholder(name) || kind === 'Node' || kind === 'Pod') return []
    const there = objects.some(
      ({ kind: other, metadata }) =>
        (other === kind && metadata.name === name) || (kind === 'Namespace' && metadata.namespace === name),
    )
    return there ? [] : [`there is no ${kind} ${name} of ours`]
  })
}

function faultsOfSelector({ objects }: World, options: Options): string[] {
  const all = objects.map(({ spec }) => spec?.template?.metadata.labels ?? {})
  return valuesOf(options, '-l', '--selector').flatMap((selector) => {
    const wanted = selector.split(',').map((each) => each.split('='))
    const matches = all.some((labels) => wanted.every(([key = '', value]) => labels[key] === value))
    return matches ? [] : [`no pod of ours has the labels ${selector}`]
  })
}

function faultsOfFields(options: Options): string[] {
  return valuesOf(options, '--field-selector')
    .map((selector) => selector.split('=')[0] ?? '')
    .filter((field) => !POD_FIELDS.has(field))
    .map((field) => `pods are not selected by ${field}`)
}

function faultsOfContainer({ objects }: World, options: Options): string[] {
  const names = new Set(podSpecs(objects).flatMap(({ pod }) => pod.containers.map(({ name }) => name)))
  return valuesOf(options, '-c', '--container')
    .filter((name) => !names.has(name))
    .map((name) => `no pod of ours has a container ${name}`)
}

/** What is started in a container is what the image has. */
function faultsOfProgram({ rest }: Options): string[] {
  const [path = '', service = '', command = ''] = rest
  if (path === '') return []
  const file = path.replace('/opt/node-doctor/bin', 'deploy/images')
  if (file === path || !existsSync(join(ROOT, file))) return [`the image has no ${path}`]
  if (service !== 'cli') return []
  const readme = readFileSync(join(ROOT, 'services/cli/README.md'), 'utf8')
  return readme.includes(`| \`${command}`) ? [] : [`services/cli/README.md has no command ${command}`]
}

/** Annotations that a path names are those that we write. */
function faultsOfPaths(options: Options): string[] {
  const source = readFileSync(join(ROOT, 'libs/kube/mark.ts'), 'utf8')
  const names = valuesOf(options, '-o', '--output').flatMap(
    (path) => path.replaceAll('\\.', '.').match(/node-doctor\.io\/[a-z-]+/g) ?? [],
  )
  return names
    .filter((name) => !source.includes(`'${name}'`))
    .map((name) => `nothing of ours writes the annotation ${name}`)
}

function faultsOfRights({ objects }: World, { words, given }: Options): string[] {
  const [verb = '', resource = ''] = words
  const subresource = given.get('--subresource')?.[0]
  const wanted = subresource === undefined ? resource : `${resource}/${subresource}`
  const account = given.get('--as')?.[0]?.split(':').at(-1) ?? ''
  const faults = objects.some(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === account)
    ? []
    : [`there is no ServiceAccount ${account} of ours`]
  const granted = objects.some(({ rules = [] }) =>
    rules.some(({ verbs, resources }) => verbs.includes(verb) && resources.includes(wanted)),
  )
  return granted ? faults : [...faults, `no role of ours grants ${verb} of ${wanted}`]
}

/** @param words the command with its program */
export function faultsOfKubectl(there: World, [, ...words]: readonly string[]): string[] {
  const [first = '', second = ''] = readOptions(words, new Set()).words
  const verb = PAIRS.has(`${first} ${second}`) ? `${first} ${second}` : first
  if (verb === '') return ['there is no verb']
  const { flags } = optionsOf('kubectl', verb)
  const options = readOptions(words, flags)
  const own = { ...options, words: options.words.slice(verb.split(' ').length) }
  const always = [
    ...faultsOfOptions('kubectl', verb, own),
    ...faultsOfFolders(own),
    ...faultsOfNamespace(there, own),
    ...faultsOfSelector(there, own),
    ...faultsOfFields(own),
    ...faultsOfContainer(there, own),
    ...faultsOfProgram(own),
    ...faultsOfPaths(own),
  ]
  if (verb === 'auth can-i') return [...always, ...faultsOfRights(there, own)]
  const objects = [
    ...own.words.filter((word) => !/^[a-z0-9./-]+=/.test(word)),
    ...valuesOf(own, '--for').filter((value) => value.includes('/')),
  ]
  const named =
    verb === 'logs' || verb === 'exec' || verb === 'port-forward'
      ? objects.filter((word) => word.includes('/'))
      : objects
  return [...always, ...faultsOfObjects(there, named)]
}

/** What `helm template` says of an installation's values and chart is said there, too. */
export function faultsOfHelm(there: World, [, ...words]: readonly string[]): string[] {
  const [verb = ''] = words
  const { flags } = optionsOf('helm', verb)
  const options = readOptions(words, flags)
  const faults = [...faultsOfOptions('helm', verb, options), ...faultsOfNamespace(there, options)]
  if (verb !== 'install' || faults.length > 0) return faults
  try {
    run('helm', ['template', ...words.slice(1).filter((word) => word !== '--create-namespace')])
    return []
  } catch (err) {
    return [err instanceof Error ? err.message : String(err)]
  }
}
