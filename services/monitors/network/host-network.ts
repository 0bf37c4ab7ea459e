/** Whether the network that is looked at is the node's. In another one nothing that a check sees says anything of the node. */
import type { Host, HostNetwork } from '#host'
import { type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { createRouteTellers, type RouteTellers } from './default-routes.ts'

/** What all checks of this monitor have together. */
export interface NetworkShared {
  /** Whether this process is in the network of the host's first process. Never rejects. */
  hostNetwork(): Promise<HostNetwork>
  /** Who of them tells of default routes that are missing. */
  readonly routeTellers: RouteTellers
}

/** Asks the kernel until it has answered once: a process stays in the network in which it began. */
export function createNetworkShared({ network }: Pick<Host, 'network'>): NetworkShared {
  let known: HostNetwork | undefined
  return {
    routeTellers: createRouteTellers(),
    async hostNetwork() {
      const now = known ?? (await network.hostNetwork())
      if (now.kind !== 'unknown') known = now
      return now
    },
  }
}

/** Why nothing can be said of the node's network; undefined: it is this one. */
export function whyNotHostNetwork(where: HostNetwork): Unobserved | undefined {
  switch (where.kind) {
    case 'same':
      return undefined
    case 'other':
      return unobserved(
        'NotHostNetwork',
        "this process has a network of its own, and the node's cannot be seen from there; run it with hostNetwork: true",
      )
    case 'unknown':
      return unobserved(
        'HostNetworkNotKnown',
        `it cannot be told whether this is the node's network: ${where.message}; run it with hostNetwork: true and the host's /proc, mounted without hidepid`,
      )
  }
}
