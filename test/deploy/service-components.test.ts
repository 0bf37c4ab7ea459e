/** How metrics are found and the network is closed: the same by a component of kustomize and by a value of the chart. */
import { describe, expect, it } from 'vitest'
import { podOf, refused, withComponent } from './components.ts'
import { find, helm } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

describe('metrics-service', () => {
  it('is the Service of the chart, and finds the pods by the port that the configuration names', () => {
    const service = find(withComponent('metrics-service'), 'Service', 'node-doctor-metrics')
    const ofChart = find(helm('--set', 'prometheus.serviceMonitor.enabled=true'), 'Service', 'node-doctor-metrics')
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
    expect((service.spec as { ports?: unknown }).ports).toEqual((ofChart.spec as { ports?: unknown }).ports)
    const selector = (service.spec as { selector: Record<string, string> }).selector
    const pod = find(withComponent('metrics-service'), 'DaemonSet', 'node-doctor').spec?.template?.metadata
    expect(pod?.labels).toMatchObject(selector)
    expect(validate([loadSchemas('kubernetes-1.20')], service)).toEqual([])
  })
})

describe('network-policy', () => {
  it('holds the agent as the chart’s does, in a network of its own', () => {
    const objects = withComponent('network-policy')
    const chart = helm('--set', 'networkPolicy.enabled=true,hostNetwork=false')
    const [policy, ofChart] = [objects, chart].map((all) => find(all, 'NetworkPolicy', 'node-doctor').spec)
    expect({ ...policy, podSelector: undefined }).toEqual({ ...ofChart, podSelector: undefined })
    const selector = (policy as { podSelector: { matchLabels: Record<string, string> } }).podSelector.matchLabels
    expect(find(objects, 'DaemonSet', 'node-doctor').spec?.template?.metadata?.labels).toMatchObject(selector)
    for (const all of [objects, chart])
      expect(podOf(all)).toMatchObject({ hostNetwork: false, dnsPolicy: 'ClusterFirst' })
    expect(refused(objects, '1.20')).toEqual([])
  })
})
