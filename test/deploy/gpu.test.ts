/** The monitor of GPUs where it is deployed: expected by the configuration, seeing little of the host, on nodes that have one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parse as parseConfig } from '../../libs/config/testing.ts'
import { mounts, podOf, withComponent } from './components.ts'
import { find, helm, helmRefusal, type KubeObject, overlay, type PodSpec, ROOT } from './objects.ts'

function configOf(objects: readonly KubeObject[]): unknown {
  const map = objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'] !== undefined)
  return parse(map?.data?.['config.yaml'] ?? '')
}

function gpuPodOf(objects: readonly KubeObject[]): PodSpec {
  const pod = find(objects, 'DaemonSet', 'gpu-monitor').spec?.template?.spec
  if (pod === undefined) throw new Error('the DaemonSet has no pod')
  return pod
}

function gpuContainerOf(pod: PodSpec) {
  return pod.containers.find(({ name }) => name === 'gpu')
}

describe('the monitor of GPUs, where it is deployed', () => {
  it('is expected by the configuration, which is that of the base in all else', () => {
    const base = parse(readFileSync(join(ROOT, 'deploy/kustomize/base/config.yaml'), 'utf8')) as { detector: object }
    const expecting = { ...base, detector: { ...base.detector, expect: ['gpu'] } }
    expect(configOf(overlay('default'))).toEqual(base)
    for (const name of ['gpu-sidecar', 'gpu-separate']) expect(configOf(overlay(name))).toEqual(expecting)
    expect(configOf(helm('--set', 'gpu.enabled=true'))).toEqual(expecting)
    const more = ['--set', 'gpu.enabled=true,config.detector.expect={acme}']
    expect(configOf(helm(...more))).toMatchObject({ detector: { expect: ['acme', 'gpu'] } })
  })

  it('is expected with compose as well, by the detector, which is the one that misses it', () => {
    const { services } = parse(readFileSync(join(ROOT, 'deploy/compose/gpu.yaml'), 'utf8')) as {
      services: { detector: { environment: Readonly<Record<string, string>> } }
    }
    const text = readFileSync(join(ROOT, 'deploy/compose/node-doctor.yaml'), 'utf8')
    const { environment: env } = services.detector
    expect(parseConfig(text, { env }).detector.expect).toEqual(['gpu'])
    const own = `${text}detector: { expect: [kubernetes] }\n`
    expect(parseConfig(own, { env }).detector.expect).toEqual(['kubernetes', 'gpu'])
  })

  it('has a check, or the chart refuses', () => {
    const values = (...more: string[]) => ['--set', ['gpu.enabled=true', ...more].join()]
    const old = 'config.defaultMonitors={system,log,network,kubernetes}'
    expect(helmRefusal(...values(old))).toContain(
      'gpu.enabled: config.defaultMonitors leaves out "gpu", and config.monitors has no check of it: nobody would watch the GPUs; add gpu to config.defaultMonitors',
    )
    const written = 'config.monitors[0].name=g,config.monitors[0].type=gpu-health-check'
    for (const well of [[old, written], ['config.defaultMonitors=null']])
      expect(configOf(helm(...values(...well)))).toMatchObject({ detector: { expect: ['gpu'] } })
  })

  it('reads the same configuration as the agent', () => {
    for (const objects of [overlay('gpu-separate'), helm('--set', 'gpu.enabled=true')]) {
      const [own, agents] = [gpuPodOf(objects), podOf(objects)].map(({ volumes = [] }) =>
        volumes.find(({ name }) => name === 'config'),
      )
      expect(own).toEqual(agents)
      expect(objects.some(({ metadata }) => metadata.name === own?.configMap?.name)).toBe(true)
    }
  })

  it('sees processes, modules and PCI of the host, read-only, and nothing else of it', () => {
    for (const pod of [gpuPodOf(overlay('gpu-separate')), podOf(withComponent('gpu')), podOf(overlay('gpu-sidecar'))]) {
      const ofHost = mounts(pod, ({ mountPath }) => mountPath.startsWith('/host'))['gpu']
      expect(ofHost).toEqual([
        { name: 'host-proc', mountPath: '/host/proc', readOnly: true },
        { name: 'host-sys', mountPath: '/host/sys', readOnly: true },
      ])
    }
  })

  it('takes no GPU from pods, and is given all by the runtime', () => {
    const { resources, env } = gpuContainerOf(gpuPodOf(overlay('gpu-separate'))) ?? {}
    expect(resources).toEqual({ requests: { cpu: '5m', memory: '20Mi' }, limits: { memory: '50Mi' } })
    expect(env).toContainEqual({ name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' })
    expect(env).toContainEqual({ name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'utility' })
  })

  it('knows what was asked for where the runtime writes over the variable, whoever has set it last', () => {
    const fewer = 'gpu.enabled=true,gpu.extraEnv[0].name=NVIDIA_VISIBLE_DEVICES,gpu.extraEnv[0].value=none'
    const pods = [gpuPodOf(overlay('gpu-separate')), podOf(overlay('gpu-sidecar')), gpuPodOf(helm('--set', fewer))]
    for (const pod of pods) {
      const env = gpuContainerOf(pod)?.env ?? []
      const places = env.flatMap(({ name }, index) => (name === 'NVIDIA_VISIBLE_DEVICES' ? [index] : []))
      const asked = env.findIndex(({ name }) => name === 'NODE_DOCTOR_GPUS_ASKED')
      expect(env[asked]).toHaveProperty('value', '$(NVIDIA_VISIBLE_DEVICES)')
      expect(asked).toBeGreaterThan(Math.max(...places))
    }
  })

  it('gives no other pod the runtime of NVIDIA than the one that needs it', () => {
    expect(podOf(overlay('gpu-separate'))).not.toHaveProperty('runtimeClassName')
    expect(podOf(overlay('gpu-sidecar'))).toHaveProperty('runtimeClassName', 'nvidia')
    const own = helm('--set', 'gpu.enabled=true,gpu.runtimeClassName=')
    expect(gpuPodOf(own)).not.toHaveProperty('runtimeClassName')
  })

  it('is as hard to displace as the agent, or as somebody says', () => {
    for (const objects of [overlay('gpu-separate'), helm('--set', 'gpu.enabled=true')])
      expect(gpuPodOf(objects)).toHaveProperty('priorityClassName', 'system-node-critical')
    const own = helm('--set', 'gpu.enabled=true,gpu.priorityClassName=acme')
    expect(gpuPodOf(own)).toHaveProperty('priorityClassName', 'acme')
  })

  it('is shut in by a policy, in a pod of its own', () => {
    const objects = helm('--set', 'gpu.enabled=true,networkPolicy.enabled=true')
    expect(find(objects, 'NetworkPolicy', 'gpu-monitor').spec).toMatchObject({
      podSelector: { matchLabels: { 'app.kubernetes.io/component': 'gpu-monitor' } },
      policyTypes: ['Ingress', 'Egress'],
    })
  })

  it('runs where any label says that there is a GPU, each by itself', () => {
    const { affinity } = gpuPodOf(overlay('gpu-separate')) as unknown as {
      affinity: { nodeAffinity: Record<string, unknown> }
    }
    const { nodeSelectorTerms } = affinity.nodeAffinity['requiredDuringSchedulingIgnoredDuringExecution'] as {
      nodeSelectorTerms: readonly { matchExpressions: readonly { key: string }[] }[]
    }
    expect(nodeSelectorTerms.map(({ matchExpressions }) => matchExpressions.map(({ key }) => key))).toEqual([
      ['nvidia.com/gpu.present'],
      ['feature.node.kubernetes.io/pci-10de.present'],
      ['feature.node.kubernetes.io/pci-0302_10de.present'],
      ['feature.node.kubernetes.io/pci-0300_10de.present'],
      ['cloud.google.com/gke-accelerator'],
      ['k8s.amazonaws.com/accelerator'],
      ['kubernetes.azure.com/accelerator'],
      ['accelerator'],
      ['node-doctor.io/gpu'],
    ])
  })
})

describe('the chart', () => {
  it('runs it without root and capabilities where nobody reads the kernel’s log, and gives that user its folders', () => {
    const separate = gpuPodOf(helm('--set', 'gpu.enabled=true,gpu.kernelLog=false'))
    const sidecar = podOf(helm('--set', 'gpu.enabled=true,gpu.kernelLog=false,gpu.mode=sidecar'))
    for (const pod of [separate, sidecar]) {
      const context = gpuContainerOf(pod)?.securityContext
      expect(context).toMatchObject({ runAsUser: 65_111, capabilities: { drop: ['ALL'] } })
      expect(context?.capabilities).not.toHaveProperty('add')
    }
    expect(separate.initContainers?.[0]?.args).toEqual(['prepare', '--pod', '65111'])
    expect(sidecar.initContainers?.[0]?.env).toContainEqual({ name: 'GPU_USER', value: '65111' })
  })

  it.each([
    [
      'pluginSidecars[0].name=gpu,pluginSidecars[0].image=x:1',
      'pluginSidecars: "gpu" is the name of another container',
    ],
    [
      'pluginDaemonSets[0].name=gpu,pluginDaemonSets[0].image=x:1',
      'pluginDaemonSets: "gpu" is the monitor of GPUs, which is part of the image (gpu.enabled); expected another name',
    ],
    [
      'gpu.enabled=true,gpu.mode=sidecar,gpu.nodeSelector.a=b',
      "gpu.nodeSelector places a pod of its own, and gpu.mode=sidecar has none; use nodeSelector, which places the agent's pod",
    ],
    ['gpu.mode=sidcar', "at '/gpu/mode': value must be one of 'separate', 'sidecar'"],
    ['gpu.kernellog=false', "at '/gpu': additional properties 'kernellog' not allowed"],
  ])('refuses with the place and the reason: %s', (setting, reason) => {
    expect(helmRefusal('--set', setting)).toContain(reason)
  })
})
