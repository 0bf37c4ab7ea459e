/** The chart as a release: installed with values, and taken off with what it wrote. */
import { run } from '../compose/exec.ts'
import { NAMESPACE, tryKubectl } from './cluster.ts'
import { hook } from './hooks.ts'

const RELEASE = 'node-doctor'
const CHART = 'deploy/helm/node-doctor'

/** The values that name an image. */
export function imageValues(image: string): string[] {
  const colon = image.lastIndexOf(':')
  return ['--set-string', `image.repository=${image.slice(0, colon)},image.tag=${image.slice(colon + 1)}`]
}

/** As the namespace of the agent has to be: Pod Security lets what mounts the host in. */
function makeNamespace(): void {
  tryKubectl('create', 'namespace', NAMESPACE)
  run(['kubectl', 'label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=privileged', '--overwrite'])
}

/** @param values a file of values */
export function install(image: string, values: string): void {
  makeNamespace()
  const where = ['--namespace', NAMESPACE, '--values', values]
  run([hook('HELM'), 'install', RELEASE, CHART, ...where, ...imageValues(image)])
}

/** With the chart's own clean-up of the nodes; the namespace stays. */
export function takeOff(): void {
  run([hook('HELM'), 'uninstall', RELEASE, '--namespace', NAMESPACE, '--timeout', '5m', '--ignore-not-found'])
}

/** With the chart's own clean-up of the nodes. */
export function uninstall(): void {
  takeOff()
  run(['kubectl', 'delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=true'])
}
