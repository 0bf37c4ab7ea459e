/** What the screen says of the ports: the http-exporter itself is asked, since another program may have one of them. */
import type { Clock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import { createHost } from '#host'
import { ExporterService } from '#proto/nodedoctor/v1/exporter.ts'
import { connectUnix } from '#rpc'
import { inLine } from '../print.ts'
import { holderOf } from './port-holder.ts'

const TIMEOUT_MS = 2000
/** Between two looks at a port that is not listened on yet. */
const AGAIN_MS = 500
const REASON_MAX = 400

/** A port as the configuration has it. */
export interface Port {
  /** Its key, for who sets another. */
  readonly key: string
  /** Listened on: "127.0.0.1", "::". */
  readonly address: string
  readonly port: number
  /** Where people and Prometheus ask. */
  readonly url: string
}

/** The http-exporter's own word. */
export interface PortStatus {
  /** "http://127.0.0.1:8080/" of each port that it listens on. */
  readonly endpoints: readonly string[]
  /** Why the first of the others is not listened on, or why it is not ready; "" when it is. */
  readonly lastError: string
}

export interface Ports {
  /** Undefined: it is not asked for. */
  readonly page: Port | undefined
  readonly prometheus: Port | undefined
}

function addressOf(bindAddress: string, port: number): string {
  const host = ['', '0.0.0.0', '::'].includes(bindAddress) ? '127.0.0.1' : bindAddress
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The ports that this configuration asks for. */
export function portsOf({ exporters: { http, prometheus } }: NodeDoctorConfig): Ports {
  const page = {
    key: 'exporters.http.hostPort',
    address: http.bindAddress,
    port: http.hostPort,
    url: `${http.tlsEnabled ? 'https' : 'http'}://${addressOf(http.bindAddress, http.hostPort)}/`,
  }
  const metrics = {
    key: 'exporters.prometheus.port',
    address: prometheus.bindAddress,
    port: prometheus.port,
    url: `http://${addressOf(prometheus.bindAddress, prometheus.port)}${prometheus.path}`,
  }
  return { page: http.enabled ? page : undefined, prometheus: prometheus.enabled ? metrics : undefined }
}

function isServed({ port }: Port, { endpoints }: PortStatus): boolean {
  return endpoints.some((url) => url.endsWith(`:${port}/`))
}

/** Whether what the exporter lacks is this port. */
function isAbout({ key, port }: Port, lastError: string): boolean {
  return (
    lastError.includes(key.slice(0, key.lastIndexOf('.') + 1)) ||
    new RegExp(`^cannot listen on \\S*:${port}: `).test(lastError)
  )
}

/**
 * Why a port is not served, and what to do; "" where it is.
 * @param status or why there is none @param holder the program that listens there; undefined where nobody knows of one
 */
export function portWords(port: Port, status: PortStatus | Error, holder: string | undefined): string {
  if (status instanceof Error)
    return `may not be served: http-exporter does not answer (${inLine(status.message, REASON_MAX)}); its lines with --verbose say why`
  if (isServed(port, status)) return ''
  const { lastError } = status
  const isTaken = holder !== undefined || (isAbout(port, lastError) && lastError.includes('EADDRINUSE'))
  if (isTaken)
    return `is not served by Node Doctor: ${holder ?? 'another program'} listens on port ${port.port}; end it, or take another port: --set ${port.key}=PORT`
  if (isAbout(port, lastError)) return `is not served: ${inLine(lastError, REASON_MAX)}`
  return `is not served yet; the lines of http-exporter with --verbose say why`
}

/** The exporter's word, or why there is none. */
async function ask(socket: string): Promise<PortStatus | Error> {
  const client = connectUnix(socket)
  try {
    return await client.call(ExporterService.getStatus, {}, { timeoutMs: TIMEOUT_MS })
  } catch (err) {
    return err instanceof Error ? err : new Error(String(err))
  } finally {
    client.close()
  }
}

function listed({ page, prometheus }: Ports): Port[] {
  return [page, prometheus].filter((port) => port !== undefined)
}

/** Who is asked: the http-exporter. */
export interface AskingOptions {
  readonly socket: string
  readonly clock: Clock
  /** The processes of `up`, none of which is another program. */
  readonly own: readonly number[]
}

/** Why a port is not served, by its key, of those that are not. Never rejects. */
export async function unservedPorts(
  ports: Ports,
  { socket, clock, own }: AskingOptions,
): Promise<ReadonlyMap<string, string>> {
  const status = await ask(socket)
  const { files } = createHost({ root: '' })
  const words = new Map<string, string>()
  for (const port of listed(ports)) {
    const isAsked = status instanceof Error || isServed(port, status)
    const text = portWords(port, status, isAsked ? undefined : await holderOf(files, { ...port, own, clock }))
    if (text !== '') words.set(port.key, text)
  }
  return words
}

/** Resolves once the exporter says twice that it cannot listen on a port: that may last. Or when it is aborted. */
export async function whenRefused(
  ports: Ports,
  socket: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  for (let refused = 0; refused < 2 && !signal.aborted; ) {
    const status = await ask(socket)
    const isRefused =
      !(status instanceof Error) &&
      listed(ports).some((port) => !isServed(port, status) && isAbout(port, status.lastError))
    refused = isRefused ? refused + 1 : 0
    await clock.sleep(AGAIN_MS, signal).catch(() => undefined)
  }
}
