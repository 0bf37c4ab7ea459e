/** Who is asked for containers and images of this node. */
import { createCriClient, type RuntimeSocket } from '#cri'
import { HostReadError } from '#host'
import type { Tools } from '../actions/types.ts'
import { dockerAt } from './docker.ts'
import { findNodeRuntime, socketOf } from './node-runtime.ts'

const ASK_MS = 5_000

/** The runtime that is asked: by the CRI, else by Docker's own API; or why none is. */
export type AskedRuntime = { readonly cri: RuntimeSocket } | { readonly docker: string } | string

/** Changes nothing. */
export async function askedRuntime({ host, criSockets, clock }: Tools): Promise<AskedRuntime> {
  try {
    const socket = socketOf(await findNodeRuntime(host, criSockets))
    const docker = await dockerAt(host)
    if (typeof socket === 'string') return docker === undefined ? socket : { docker }
    const cri = createCriClient(socket.path, { clock, timeoutMs: ASK_MS, place: socket.place })
    try {
      const came = await cri.version()
      if (came.ok) return { cri: socket }
      // Beneath Docker lies a containerd that serves no CRI.
      return came.failure.kind === 'no-cri' && docker !== undefined ? { docker } : came.failure.message
    } finally {
      cri.close()
    }
  } catch (err) {
    if (err instanceof HostReadError) return err.message
    throw err
  }
}

/** The folder of the host where its images are, as it says itself; undefined where it does not. */
export async function imagesAt({ path, place }: RuntimeSocket, { clock }: Tools): Promise<string | undefined> {
  const cri = createCriClient(path, { clock, timeoutMs: ASK_MS, place })
  try {
    const came = await cri.imageFs()
    return came.ok ? came.answer[0]?.mountpoint : undefined
  } finally {
    cri.close()
  }
}
