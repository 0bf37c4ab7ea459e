/** Whether a resolv.conf is a pod's, and of which cluster. Pure. */
import type { ResolvConf } from '#probe'

/**
 * The domain of a cluster, by the search path that the kubelet gives to pods: "NAMESPACE.svc.DOMAIN svc.DOMAIN DOMAIN …", one behind the
 * other (pkg/kubelet/network/dns). A domain of a site that happens to begin with `svc.` is none.
 */
export function clusterDomain({ search = [] }: Pick<ResolvConf, 'search'>): string | undefined {
  const plain = search.map((domain) => domain.replace(/\.$/, '').toLowerCase())
  const at = plain.findIndex((own, index) => {
    const domain = plain[index + 2]
    return (
      domain !== undefined && plain[index + 1] === `svc.${domain}` && /^[^.]+$/.test(own.replace(`.svc.${domain}`, ''))
    )
  })
  return at < 0 ? undefined : plain[at + 2]
}
