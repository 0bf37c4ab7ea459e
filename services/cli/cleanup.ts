/** Takes everything of ours off the cluster's nodes: conditions, annotations, cordon and taints. What others wrote is not touched. */
import type { Clock } from '#clock'
import {
  createKubeClient,
  findAccess,
  isMarkedBy,
  type KubeClient,
  type KubeNode,
  KubeStatusError,
  parseMark,
  planCleanup,
} from '#kube'
import { cleanText } from '#model'
import { VERSION } from '#service'
import { cleanLeases, cleanRepairs } from './cleanup-repairs.ts'
import { type Command, textOf, type Values } from './command.ts'
import { CliUsageError } from './errors.ts'

const PODS_GONE_MS = 120_000
const POLL_MS = 1000

interface DaemonSetName {
  readonly namespace: string
  readonly name: string
}

/** What cleans, what it waits by, and whether it only says so. */
interface Cleaning {
  readonly client: KubeClient
  readonly clock: Clock
  readonly dryRun: boolean
}

function daemonSetOf(values: Values): DaemonSetName | undefined {
  const text = textOf(values, 'daemonset')
  if (text === undefined) return undefined
  const [namespace = '', name = '', ...rest] = text.split('/')
  if (namespace === '' || name === '' || rest.length > 0)
    throw new CliUsageError(`--daemonset ${text}: expected NAMESPACE/NAME, for example node-doctor/node-doctor`)
  return { namespace, name }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function isNotFound(err: unknown): boolean {
  return err instanceof KubeStatusError && err.refusal.status === 404
}

/** That of the pods that repair, as our manifests call it beside the agent's. */
function repairsBeside({ namespace, name }: DaemonSetName): DaemonSetName {
  return { namespace, name: `${name}-remediation` }
}

/** Its pods would write again what is taken away here. @param isOptional nobody misses it */
async function endDaemonSet(
  set: DaemonSetName,
  { client, clock, dryRun }: Cleaning,
  isOptional = false,
): Promise<void> {
  const { namespace, name } = set
  let selector: string
  try {
    selector = await client.daemonSetSelector(namespace, name)
    if (dryRun) return say(`would delete DaemonSet ${namespace}/${name}`)
    await client.deleteDaemonSet(namespace, name)
  } catch (err) {
    if (!isNotFound(err)) throw err
    if (isOptional) return
    process.stderr.write(`warning: there is no DaemonSet ${namespace}/${name}; pods of another one write again\n`)
    return
  }
  say(`deleted DaemonSet ${namespace}/${name}; waiting until its pods have ended`)
  const untilMs = clock.monotonicMs() + PODS_GONE_MS
  for (;;) {
    const pods = await client.listPods(namespace, selector)
    if (pods.length === 0) return
    if (clock.monotonicMs() > untilMs)
      return say(`warning: still there after ${PODS_GONE_MS / 1000} s, and may write again: ${pods.join(', ')}`)
    await clock.sleep(POLL_MS)
  }
}

/** @returns what was taken away, for people; "" when nothing of ours stood there */
async function clean(node: KubeNode, cleaning: Cleaning): Promise<string> {
  return [await cleanStatus(node, cleaning), await cleanRepairs(node, cleaning)]
    .filter((text) => text !== '')
    .join(', and ')
}

async function cleanStatus(node: KubeNode, { client, dryRun }: Cleaning): Promise<string> {
  const patch = planCleanup(node)
  if (patch === undefined) return ''
  if (!dryRun) await client.patchNodeStatus(node.metadata.name, patch)
  const types = (patch.status?.conditions ?? []).map(({ type }) => type)
  const notes = Object.keys(patch.metadata?.annotations ?? {}).length
  return `${types.length} conditions${types.length === 0 ? '' : ` (${types.join(', ')})`} and ${notes} annotations`
}

function leftAlone(node: KubeNode): string {
  const installation = cleanText(parseMark(node).installation, 128)
  return `${node.metadata.name}: left alone, it is of the installation ${installation}; --installation ${installation} takes that off`
}

/** The node's name; undefined for all of them. */
function chosenNode(values: Values): string | undefined {
  const named = textOf(values, 'node')
  if (values['all-nodes'] === true) {
    if (named !== undefined) throw new CliUsageError('cleanup: expected either --node NAME or --all-nodes, not both')
    return undefined
  }
  const name = named ?? process.env['NODE_NAME'] ?? ''
  if (name === '') throw new CliUsageError('cleanup: expected --node NAME or --all-nodes')
  return name
}

async function nodesOf(client: KubeClient, name: string | undefined): Promise<KubeNode[]> {
  return name === undefined ? client.listNodes() : [await client.getNode(name)]
}

/** @returns how many nodes could not be cleaned */
async function cleanAll(
  nodes: readonly KubeNode[],
  installation: string | undefined,
  cleaning: Cleaning,
): Promise<number> {
  let failed = 0
  for (const node of nodes) {
    const { name } = node.metadata
    if (!isMarkedBy(node, installation)) {
      // Whoever asks for everything without saying whose has not got it.
      if (installation === undefined) failed++
      say(leftAlone(node))
      continue
    }
    try {
      const gone = await clean(node, cleaning)
      say(`${name}: ${gone === '' ? 'nothing of ours' : `${cleaning.dryRun ? 'would remove' : 'removed'} ${gone}`}`)
    } catch (err) {
      failed++
      process.stderr.write(`${name}: ${err instanceof Error ? err.message : String(err)}\n`)
    }
  }
  return failed
}

/** Those of the namespace of the DaemonSet, where it is all nodes that are cleaned. */
async function endLeases({ namespace }: DaemonSetName, cleaning: Cleaning): Promise<void> {
  const names = await cleanLeases(namespace, cleaning)
  if (names.length === 0) return
  say(`${cleaning.dryRun ? 'would delete' : 'deleted'} ${names.length} Leases in ${namespace} (${names.join(', ')})`)
}

async function run(values: Values, clock: Clock): Promise<number> {
  const dryRun = values['dry-run'] === true
  const daemonSet = daemonSetOf(values)
  const name = chosenNode(values)
  let client: KubeClient | undefined
  try {
    const access = await findAccess({ kubeconfig: textOf(values, 'kubeconfig'), env: process.env })
    client = createKubeClient({ access, userAgent: `node-doctor/${VERSION} (cleanup)` })
    const cleaning = { client, clock, dryRun }
    // Asked once before anything is done: a node that is not there must not cost the DaemonSet.
    let nodes = await nodesOf(client, name)
    if (daemonSet !== undefined) {
      await endDaemonSet(repairsBeside(daemonSet), cleaning, true)
      await endDaemonSet(daemonSet, cleaning)
      nodes = await nodesOf(client, name)
    }
    const failed = await cleanAll(nodes, textOf(values, 'installation') ?? textOf(values, 'daemonset'), cleaning)
    if (daemonSet !== undefined && name === undefined) await endLeases(daemonSet, cleaning)
    return failed === 0 ? 0 : 1
  } catch (err) {
    if (err instanceof CliUsageError || !(err instanceof Error) || !('code' in err)) throw err
    process.stderr.write(`node-doctor cleanup: ${err.message}\n`)
    return 1
  } finally {
    client?.close()
  }
}

export const cleanup: Command = {
  name: 'cleanup',
  summary: 'takes everything of Node Doctor off nodes of the cluster',
  help: `Usage: node-doctor cleanup (--node NAME | --all-nodes) [options]

Removes the conditions and annotations that one installation of Node Doctor wrote onto nodes, the cordon and the taints that
its repairs have left there, and nothing else: which ones are its own stands in the annotations node-doctor.io/conditions,
node-doctor.io/installation, node-doctor.io/cordoned and node-doctor.io/tainted of each node. What another installation
marked is left alone, and so is a node that somebody else cordoned. Events end by themselves after an hour. Stop the
exporters and the remediator first, or name their DaemonSet: they would write it all again.

Options:
  --node NAME            one node (env NODE_NAME)
  --all-nodes            every node of the cluster
  --daemonset NS/NAME    delete this DaemonSet first, and NAME-remediation, where that is, and wait until their pods have ended;
                         with --all-nodes also the Leases of repairs in this namespace
  --installation ID      whose marks are taken off (default: that of --daemonset)
  --kubeconfig FILE      the way to the API server (default: the pod's account, KUBECONFIG, ~/.kube/config)
  --dry-run              only says what would be removed

Exit code: 0 done, 1 a node could not be cleaned or no installation was named, 2 for a wrong command line.`,
  options: {
    node: { type: 'string' },
    'all-nodes': { type: 'boolean' },
    daemonset: { type: 'string' },
    installation: { type: 'string' },
    kubeconfig: { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  positionals: 0,
  run: (values, _positionals, clock) => run(values, clock),
}
