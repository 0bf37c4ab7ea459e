/** Whom a node's programs ask: its resolv.conf, and who stands behind a stub. */
import type { Host } from '#host'
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts'

const RESOLV_CONF = '/etc/resolv.conf'
/** All nameservers that systemd-resolved knows of, those of links too (systemd-resolved.service(8)). */
const BEHIND_RESOLVED = '/run/systemd/resolve/resolv.conf'
/** systemd-resolved listens there; at the second it does no more than hand on (resolved.conf(5), DNSStubListener). */
const STUBS: readonly string[] = ['127.0.0.53', '127.0.0.54']

/** Whether that is systemd-resolved on this machine, which asks others. */
export function isStub(address: string): boolean {
  return STUBS.includes(address)
}

/** Who is asked, or why that could not be read. */
export type Resolvers =
  | {
      readonly ok: true
      readonly conf: ResolvConf
      /** Nameservers behind the stub, where `conf` names one; undefined where it names none. */
      readonly behindStub: readonly string[] | undefined
      /** Why who is behind the stub is not known; else "". */
      readonly behindStubFault: string
    }
  | { readonly ok: false; readonly fault: string }

async function textOf(host: Host, path: string): Promise<{ text: string } | { fault: string }> {
  try {
    return { text: await host.files.readText(path) }
  } catch (err) {
    return { fault: err instanceof Error ? err.message : String(err) }
  }
}

/**
 * Reads whom the programs of the host ask. A file that is no file, or that cannot be read, is told (`ok: false`), not thrown; one
 * that is missing too, though glibc takes that for 127.0.0.1.
 * @param path of the resolv.conf, from the host's root. Default /etc/resolv.conf
 */
export async function readResolvers(host: Host, path = RESOLV_CONF): Promise<Resolvers> {
  const file = await textOf(host, path)
  if ('fault' in file) return { ok: false, fault: file.fault }
  const conf = parseResolvConf(file.text)
  if (!conf.servers.some(isStub)) return { ok: true, conf, behindStub: undefined, behindStubFault: '' }
  const behind = await textOf(host, BEHIND_RESOLVED)
  if ('fault' in behind) return { ok: true, conf, behindStub: [], behindStubFault: behind.fault }
  const { servers, ignoredServers, isNamed } = parseResolvConf(behind.text)
  const named = isNamed ? [...new Set([...servers, ...ignoredServers])].filter((address) => !isStub(address)) : []
  return { ok: true, conf, behindStub: named, behindStubFault: '' }
}
