/** The network that this process is in, out of /proc/net and by `ip`. */
import { stat } from 'node:fs/promises'
import { HostExecError, HostReadError } from '../errors.ts'
import { ask } from '../files/ask.ts'
import type { Guard } from '../files/guard.ts'
import type { Files } from '../files/types.ts'
import type { Programs } from '../programs/types.ts'
import { parseIpAddresses, parseIpDefaultRoutes, parseIpNeighbours } from './ip-json.ts'
import { parseAddressesV6, parseArp, parseRoutesV4, parseRoutesV6 } from './proc-net.ts'
import type { HostNetwork, IpFamily, Network } from './types.ts'

/** 8,000 routes, which this thread is busy with for some 30 ms. */
const MAX_BYTES = 1024 * 1024
const TIMEOUT_MS = 5000

/** What a network is read with. */
export interface NetworkTools {
  readonly root: string
  readonly threads: Guard
  readonly files: Pick<Files, 'readText'>
  readonly programs: Pick<Programs, 'run'>
}

/** @throws HostReadError where the text says nothing */
function understood<T>(path: string, value: T | undefined, text: string): T {
  if (value !== undefined) return value
  throw new HostReadError({ action: 'read', path, code: 'MALFORMED', detail: JSON.stringify(text.slice(0, 80)) })
}

export function createNetwork({ root, threads, files, programs }: NetworkTools): Network {
  /**
   * /proc/net is the network of whoever reads it, below a prefix too: it is a link to `self/net`, and the kernel knows us by every
   * /proc that we are seen in.
   */
  async function proc<T>(name: string, parse: (text: string) => T | undefined): Promise<T> {
    const path = `/proc/net/${name}`
    const text = await files.readText(path, { maxBytes: MAX_BYTES })
    return understood(path, parse(text), text)
  }

  async function ip<T>(args: readonly string[], parse: (text: string) => T | undefined): Promise<T> {
    const words = ['ip', ...args].join(' ')
    const failed = (code: string, detail: string, cause?: unknown): HostReadError =>
      new HostReadError({ action: 'run', path: words, code, detail, cause })
    const result = await programs
      .run('ip', args, { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_BYTES })
      .catch((error: unknown) => {
        throw error instanceof HostExecError ? failed('NO_IP', error.code, error) : error
      })
    if (result.timedOut) throw failed('TIMEOUT', `no answer within ${TIMEOUT_MS} ms`)
    if (result.truncated) throw failed('TOO_LARGE', `more than ${MAX_BYTES} bytes`)
    if (result.exitCode !== 0) throw failed('IP_FAILED', result.stderr.trim().slice(0, 200))
    return understood(words, parse(result.stdout), result.stdout)
  }

  return {
    hostNetwork: () => hostNetwork(root, threads),
    neighbours: (family) =>
      family === 'v4' ? proc('arp', parseArp) : ip(['-j', '-6', 'neigh', 'show'], parseIpNeighbours),
    routes: (family) => (family === 'v4' ? proc('route', parseRoutesV4) : proc('ipv6_route', parseRoutesV6)),
    defaultRoutes: (family) =>
      ip(['-j', flagOf(family), 'route', 'show', 'default'], (text) => parseIpDefaultRoutes(text, family)),
    addresses: (family) =>
      family === 'v4' ? ip(['-j', '-4', 'addr', 'show'], parseIpAddresses) : proc('if_inet6', parseAddressesV6),
  }
}

function flagOf(family: IpFamily): string {
  return family === 'v4' ? '-4' : '-6'
}

/**
 * The files of /proc/PID/net are the network's own, with a number of the kernel's that no other network has, whichever process they are
 * reached by, in whichever /proc: equal numbers, one network. Unlike the link /proc/1/ns/net, everybody may look at them.
 */
async function hostNetwork(root: string, threads: Guard): Promise<HostNetwork> {
  try {
    const [own, first] = await Promise.all(
      ['/proc/self/net/dev', '/proc/1/net/dev'].map((path) =>
        ask(threads, root, { action: 'look at', path }, async (real) => (await stat(real, { bigint: true })).ino),
      ),
    )
    return { kind: own === first ? 'same' : 'other' }
  } catch (error) {
    if (!(error instanceof HostReadError)) throw error
    return { kind: 'unknown', message: error.message }
  }
}
