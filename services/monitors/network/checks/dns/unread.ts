/** Why the node's resolv.conf says nothing. */
import { dirname, resolve } from 'node:path/posix'
import type { Host } from '#host'
import { type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'

/** There is none, as on a machine that asks nobody. */
export const RESOLV_CONF_MISSING = 'ResolvConfMissing'
/** It is a link that leads nowhere: somebody was to write what is there, and did not. Programs ask 127.0.0.1 alone (resolv.conf(5)). */
export const RESOLV_CONF_DANGLING = 'ResolvConfDangling'

/** Of a folder that is not mounted here nothing is seen, so nobody can say that there is no such file. */
async function isSeen(host: Host, path: string): Promise<boolean> {
  const [, top = ''] = path.replace(/^\/var\/run\//, '/run/').split('/')
  const names = await observe(() => host.files.list(`/${top}`))
  return names.ok && names.value.length > 0
}

/**
 * @param path of the resolv.conf
 * @param fault why it could not be read
 */
export async function whyUnread(host: Host, path: string, fault: string): Promise<Unobserved> {
  const again = await observe(() => host.files.readText(path))
  if (again.ok || again.reason !== 'SourceMissing') return unobserved('ResolvConfUnreadable', fault)
  const target = await observe(() => host.files.readLink(path))
  if (!target.ok) return unobserved(RESOLV_CONF_MISSING, fault)
  const words = `${path} is a link that leads nowhere (${target.value.slice(0, 128)})`
  const isKnown = await isSeen(host, resolve(dirname(path), target.value))
  return unobserved(isKnown ? RESOLV_CONF_DANGLING : 'ResolvConfUnreadable', words)
}
