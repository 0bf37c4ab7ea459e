/** One server of several that are one cluster: asked at its own address, and known by what the cluster trusts. */
import { isIP } from 'node:net'
import type { Credentials, KubeAccess } from './access.ts'

/**
 * The same way, to one server. Whoever answers there must have a certificate for the host of the way itself (the Service's address, or
 * the name of a kubeconfig): each server of the cluster is reached by that too, and has it. Who has another one is given no token.
 * @param server "https://10.0.0.1:6443", as the EndpointSlice `default/kubernetes` has its addresses
 */
export function accessAt(access: KubeAccess, server: string): KubeAccess {
  let made: { readonly of: Credentials; readonly identity: string; readonly credentials: Credentials } | undefined
  return {
    server: server.replace(/\/+$/, ''),
    origin: `${access.origin}, at ${server}`,
    namespace: access.namespace,
    async credentials() {
      const of = await access.credentials()
      const identity = of.serverName ?? new URL(access.server).hostname.replace(/^\[|\]$/g, '')
      // The same object for the same credentials: by it connections are kept.
      if (made?.of !== of || made.identity !== identity) {
        // In a greeting (SNI) a server's name may stand, and no address.
        const serverName = isIP(identity) === 0 ? identity : of.serverName
        made = { of, identity, credentials: { ...of, serverName, identity } }
      }
      return made.credentials
    },
    renew: () => access.renew(),
  }
}
