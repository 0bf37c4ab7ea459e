/** The monitor of the node's Kubernetes parts. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { apiserver } from './checks/apiserver/check.ts'
import { capacity } from './checks/capacity/check.ts'
import { certificates } from './checks/certificates/check.ts'
import { kubeProxy } from './checks/kube-proxy/check.ts'
import { kubelet } from './checks/kubelet/check.ts'
import { runtime } from './checks/runtime/check.ts'
import { staticPods } from './checks/static-pods/check.ts'
import { createWays } from './ways.ts'

export const kubernetes = defineMonitor({
  name: 'kubernetes',
  description: 'Kubelet, API servers, container runtime, kube-proxy, static pods, certificates, room for pods',
  checks: [apiserver, capacity, certificates, kubelet, kubeProxy, runtime, staticPods],
  shared: createWays,
})
