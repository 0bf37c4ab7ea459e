import { expect, it } from 'vitest'
import { clusterDomain } from './cluster-domain.ts'

it.each([
  ['node-doctor.svc.cluster.local svc.cluster.local cluster.local', 'cluster.local'],
  ['d.svc.corp.example. svc.corp.example. corp.example. other.example', 'corp.example'],
  ['other.example d.svc.c svc.c c', 'c'],
  ['svc.corp.example corp.example', undefined],
  ['a.svc.corp.example svc.corp.example', undefined],
  ['x.y svc.corp.example corp.example', undefined],
  ['', undefined],
])('the domain of %j', (search, domain) => {
  expect(clusterDomain({ search: search.split(' ').filter(Boolean) })).toBe(domain)
})
