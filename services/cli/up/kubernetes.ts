/** What the screen says of Kubernetes: the exporter itself is asked, since what is configured is no proof that anything arrives. */
import { ExporterService } from '#proto/nodedoctor/v1/exporter.ts'
import { connectUnix } from '#rpc'
import { inLine } from '../print.ts'

const TIMEOUT_MS = 2000
const REASON_MAX = 400

/** The k8s-exporter's own word. */
export interface KubernetesStatus {
  /** API servers that it writes to: one, or none as long as it knows of none. */
  readonly endpoints: readonly string[]
  /** Why it tells nothing now; "" when it does. */
  readonly lastError: string
}

export interface KubernetesQuestion {
  readonly nodeName: string
  /** `exporters.kubernetes.enabled`. */
  readonly isEnabled: boolean
  /** Of the k8s-exporter; undefined where it is not among the services that were asked for. */
  readonly socket: string | undefined
}

/** Where Kubernetes is told of this node, or that it is not, why, and what to set. @param status or why there is none */
export function kubernetesWords(question: KubernetesQuestion, status: KubernetesStatus | Error | undefined): string {
  const { nodeName, isEnabled, socket } = question
  const node = `of node ${nodeName}`
  if (!isEnabled)
    return `is not told ${node}: exporters.kubernetes.enabled is false; --set exporters.kubernetes.enabled=true changes that`
  if (socket === undefined) return `is not told ${node}: k8s-exporter is not among --services`
  if (status === undefined || status instanceof Error) {
    const why = status === undefined ? '' : ` (${inLine(status.message, REASON_MAX)})`
    return `may not be told ${node}: k8s-exporter does not answer on ${socket}${why}; its lines with --verbose say why`
  }
  const server = inLine(status.endpoints[0] ?? '', 200)
  const why = inLine(status.lastError, REASON_MAX)
  if (server !== '' && why === '') return `is told ${node}, at ${server}`
  const what = server === '' ? 'is not told' : 'is not told yet'
  return `${what} ${node}${server === '' ? '' : `, at ${server}`}: ${why === '' ? 'k8s-exporter is still starting' : why}`
}

/** The same, once the exporter was asked. Never rejects. */
export async function askKubernetes(question: KubernetesQuestion): Promise<string> {
  const { isEnabled, socket } = question
  if (!isEnabled || socket === undefined) return kubernetesWords(question, undefined)
  const client = connectUnix(socket)
  try {
    return kubernetesWords(question, await client.call(ExporterService.getStatus, {}, { timeoutMs: TIMEOUT_MS }))
  } catch (err) {
    return kubernetesWords(question, err instanceof Error ? err : new Error(String(err)))
  } finally {
    client.close()
  }
}
