/** Where IPv6 is switched off, from /proc/sys/net/ipv6/conf. */
import type { Host } from '#host'
import { understood } from '#monitor-kit/source'
import { CONF, hasIPv6, type IPv6Links, isGlobal, readConf } from '../../ipv6/source.ts'
import type { Config } from './config.ts'
import type { SysctlReading } from './evaluate.ts'

/** @throws HostReadError, MalformedSourceError */
export async function readIPv6Sysctl(host: Host, links: IPv6Links, config: Config): Promise<SysctlReading> {
  if (!(await hasIPv6(host))) return undefined
  const conf = await readConf(host, ['all', 'default'], 'disable_ipv6')
  const of = (name: string) => understood(`${CONF}/${name}/disable_ipv6`, '', conf.get(name), '0') !== 0
  const read = await links.read(config)
  return {
    all: of('all'),
    new: of('default'),
    links: read.map(({ name, isDisabled, addresses }) => ({
      name,
      isDisabled: isDisabled === true,
      isUsed: addresses.some(isGlobal),
    })),
  }
}
