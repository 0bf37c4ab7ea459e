/** A manifest of node-problem-detector with the image replaced, and nothing else. */
import { parseAllDocuments } from 'yaml'
import { run, until } from '../../compose/exec.ts'
import { apply, type Condition, check, conditionOf, dropConditions, eventsOf, kubectl, tryKubectl } from '../cluster.ts'
import { type Drill, seconds } from '../drill.ts'
import { hook, onNode } from '../hooks.ts'
import { render } from '../manifests.ts'

const WHERE = ['-n', 'kube-system'] as const
const SELECTOR = 'app=node-problem-detector'
/** Its limit is a hundredth of a processor. */
const FIRST_MS = 300_000
const TYPES = ['KernelDeadlock', 'ReadonlyFilesystem'] as const

interface Pods {
  readonly items: readonly {
    readonly spec: {
      readonly nodeName: string
      readonly serviceAccountName: string
      readonly containers: readonly { readonly image: string; readonly resources: { readonly limits?: object } }[]
    }
    readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] }
  }[]
}

function itsPods(): Pods['items'] {
  return (JSON.parse(kubectl(...WHERE, 'get', 'pods', '-l', SELECTOR, '-o', 'json')) as Pods).items
}

function checkItsOwn(image: string): void {
  for (const { spec, status } of itsPods()) {
    const [container] = spec.containers
    check(`the image is ${image}`, container?.image === image)
    check('its account', spec.serviceAccountName === 'node-problem-detector')
    check('its limits', JSON.stringify(container?.resources.limits) === '{"cpu":"10m","memory":"80Mi"}')
    check(
      `no restart on ${spec.nodeName}`,
      (status.containerStatuses ?? []).every((one) => one.restartCount === 0),
    )
  }
}

function standing(node: string): (Condition | undefined)[] {
  return TYPES.map((type) => conditionOf(node, type))
}

/** By its file: a check that came to nothing yet says Unknown. */
function isSaid(condition: Condition | undefined): boolean {
  return condition?.status === 'True' || condition?.status === 'False'
}

async function untilSaid(node: string, beganMs: number): Promise<string> {
  // A kernel that others use too may have said what makes one of them True.
  await until(`${TYPES.join(', ')} on ${node}`, FIRST_MS, () => standing(node).every(isSaid))
  const texts = standing(node).map((one) => `${one?.type}=${one?.status} ${one?.reason}`)
  return `${node}: ${texts.join(', ')}, ${seconds(beganMs)} after it was applied`
}

/** A line as the kernel writes it, told by a program: node-problem-detector does not ask who wrote it. */
async function hang(node: string): Promise<string> {
  const line = 'task docker:4711 blocked for more than 120 seconds.'
  const beganMs = performance.now()
  onNode(node, `echo '${line}' > /dev/kmsg`)
  const found = await until('KernelDeadlock=True', FIRST_MS, () => {
    const one = conditionOf(node, 'KernelDeadlock')
    return one?.status === 'True' && one
  })
  check('its words are the file’s and the line', found.reason === 'DockerHung' && found.message.includes(line))
  await until('its events', 60_000, () => {
    const told = eventsOf(node, 'kernel-monitor').map(({ reason }) => reason)
    return told.includes('TaskHung') && told.includes('DockerHung')
  })
  return `KernelDeadlock=True ${found.reason} and its events, ${seconds(beganMs)} after the line`
}

/** Condition types of the files in its ConfigMap: node-problem-detector leaves them on the node when it goes. */
function itsTypes(objects: string): string[] {
  const maps = parseAllDocuments(objects).map((document) => document.toJS() as { data?: Record<string, string> })
  const files = maps.flatMap(({ data }) => Object.values(data ?? {})).filter((text) => text.startsWith('{'))
  return files.flatMap((text) => (JSON.parse(text) as NpdFile).conditions?.map(({ type }) => type) ?? [])
}

interface NpdFile {
  readonly conditions?: readonly { readonly type: string }[]
}

export const npd: Drill = {
  name: 'npd',
  needs: ['NPD_IMAGE', 'NODE_SHELL'],
  async run({ nodes, say }) {
    const overlay = process.env['NPD_OVERLAY'] ?? 'deploy/kustomize/overlays/npd'
    const image = hook('NPD_IMAGE')
    const objects = render(overlay, image)
    const beganMs = performance.now()
    apply(objects)
    try {
      for (const node of nodes) say(await untilSaid(node, beganMs))
      say(await hang(nodes[0] ?? ''))
      checkItsOwn(image)
      say(`${itsPods().length} pods with its account, its limits of 10m and 80Mi, none started again`)
    } finally {
      tryKubectl(...WHERE, 'delete', 'daemonset', 'node-problem-detector', '--wait=true')
      run(['bash', '-c', `kubectl kustomize ${overlay} | kubectl delete --ignore-not-found --wait=true -f -`])
      await until('its pods gone', 120_000, () => itsPods().length === 0)
      for (const node of nodes) dropConditions(node, itsTypes(objects))
    }
  },
}
