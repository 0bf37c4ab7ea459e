/** What is there before anybody asks: namespaces, and nodes as a kubelet writes them. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { JsonObject } from './json.ts'

export const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const

const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const

/** Kubelets in containers have the boot of their host, each a machine id of its own. */
const BOOT_ID = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

export function namespaceOf(name: string): JsonObject {
  return {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }
}

export function serviceAccountOf(namespace: string): JsonObject {
  return { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'default', namespace } }
}

/** @param index gives it an address of its own */
export function nodeOf(name: string, index: number, now: Date): JsonObject {
  const at = `${now.toISOString().slice(0, 19)}Z`
  const capacity = { cpu: '4', 'ephemeral-storage': '102625208Ki', memory: '16384256Ki', pods: '110' }
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: { podCIDR: `10.244.${index}.0/24`, podCIDRs: [`10.244.${index}.0/24`] },
    status: {
      capacity,
      allocatable: { ...capacity, cpu: '3920m' },
      conditions: CONDITIONS.map(([type, status, reason, message]) => ({
        type,
        status,
        lastHeartbeatTime: at,
        lastTransitionTime: at,
        reason,
        message,
      })),
      addresses: [
        { type: 'InternalIP', address: `192.0.2.${10 + index}` },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: randomUUID().replaceAll('-', ''),
        systemUUID: randomUUID(),
        bootID: BOOT_ID,
        kernelVersion: '6.1.0-25-amd64',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        containerRuntimeVersion: 'containerd://1.7.24',
        kubeletVersion: 'v1.37.2',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  }
}
